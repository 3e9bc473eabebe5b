import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from distilbeto.errors import UserError
from distilbeto.finetuning.decode import decode_labels
from distilbeto.finetuning.forward import forward
from distilbeto.finetuning.heads import load_finetuned
from distilbeto.finetuning.record import Run
from distilbeto.finetuning.run_log import RunLog
from distilbeto.finetuning.settings import Optimization
from distilbeto.finetuning.train import finetune, next_micro_batch
from distilbeto.finetuning.trainer import TaskTrainer
from distilbeto.glues.encode import Lengths
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.features import open_features
from distilbeto.glues.kinds import TaskKind

MakeRun = Callable[..., Run]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def trained(run: Run, folder: Path) -> dict[str, Any]:
    """Fine-tune, and read run.json."""
    finetune(run, folder / "checkpoints", folder / "output")
    record: dict[str, Any] = json.loads((folder / "output" / "run.json").read_text(encoding="utf-8"))
    return record


def kill_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let training die after this step, as a signal would have it."""

    def on_step_end(self: RunLog, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == step:
            raise SystemExit

    monkeypatch.setattr(RunLog, "on_step_end", on_step_end)


def kill(*_: Any, **__: Any) -> None:
    raise SystemExit


def count_steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows with each training step."""
    steps: list[int] = []
    training_step = TaskTrainer.training_step

    def counted(self: TaskTrainer, *given: Any) -> Any:
        steps.append(self.state.global_step)
        return training_step(self, *given)

    monkeypatch.setattr(TaskTrainer, "training_step", counted)
    return steps


def same_weights(first: Path, second: Path) -> bool:
    weights, others = load_file(first / "model.safetensors"), load_file(second / "model.safetensors")
    return weights.keys() == others.keys() and all(torch.equal(weights[name], others[name]) for name in weights)


def test_it_learns_a_rule_and_says_how(make_run: MakeRun, bread: dict[str, Path], tmp_path: Path) -> None:
    run = make_run(epochs=3)
    record = trained(run, tmp_path)
    test = open_features(bread["test"], run.tokenizer)
    model = load_finetuned(tmp_path / "output", TaskKind.SEQUENCE_CLASSIFICATION)
    labels = decode_labels(forward(model, test, run.tokenizer.pad), test, run.settings.labels)
    gold = [run.settings.labels[index] for index in test.arrays["labels"]]
    assert np.mean([label == right for label, right in zip(labels, gold, strict=True)]) > 0.95
    assert model.config.id2label == {0: "no", 1: "sí"}
    assert [epoch["epoch"] for epoch in record["epochs"]] == [1, 2, 3]
    assert (record["examples"], record["steps"], record["restarts"]) == (200, 75, 0)
    assert record["architecture"]["model_type"] == "distilbert"
    assert "classifier.weight" in record["random_weights"]
    assert not (tmp_path / "checkpoints").exists()


def test_batches_hold_any_lengths_where_that_is_asked_for(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, spreads = make_run(epochs=1), {}
    training_step = TaskTrainer.training_step
    for strategy in ("group_by_length", "random"):
        found: list[float] = []

        def noted(self: TaskTrainer, model: Any, inputs: Any, items: Any = None, found: Any = found) -> Any:
            found.append(inputs["attention_mask"].sum(1).double().std().item())
            return training_step(self, model, inputs, items)

        monkeypatch.setattr(TaskTrainer, "training_step", noted)
        optimization = run.settings.optimization.model_copy(update={"train_sampling_strategy": strategy})
        settings = run.settings.model_copy(update={"optimization": optimization})
        trained(run._replace(settings=settings), tmp_path / strategy)
        spreads[strategy] = np.mean(found)
    assert spreads["group_by_length"] < 0.5 * spreads["random"]


def test_a_killed_run_continues_as_if_nothing_had_been(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=3)
    whole = trained(run, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        kill_at(60, patch)
        with pytest.raises(SystemExit):
            trained(run, tmp_path / "killed")
    assert not (tmp_path / "killed" / "output").exists()
    steps = count_steps(monkeypatch)
    continued = trained(run, tmp_path / "killed")
    assert len(steps) == 25
    assert continued["epochs"] == whole["epochs"]
    assert continued["restarts"] == 1
    assert continued["train_seconds"] > 0
    assert same_weights(tmp_path / "whole" / "output", tmp_path / "killed" / "output")


def test_a_run_that_was_killed_after_its_last_epoch_trains_no_more(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("distilbeto.finetuning.train.save_run", kill)
        with pytest.raises(SystemExit):
            trained(run, tmp_path)
    steps = count_steps(monkeypatch)
    record = trained(run, tmp_path)
    assert not steps
    assert [epoch["epoch"] for epoch in record["epochs"]] == [1, 2]
    assert record["kept_epoch"] == min(record["epochs"], key=lambda epoch: epoch["dev_loss"])["epoch"]
    assert dev_loss(run, tmp_path / "output", run.dev) == pytest.approx(record["development"]["loss"])


def test_a_run_of_other_settings_starts_anew(make_run: MakeRun, tmp_path: Path) -> None:
    run, other = make_run(), make_run(learning_rate=1e-3)
    with pytest.MonkeyPatch.context() as patch:
        kill_at(30, patch)
        with pytest.raises(SystemExit):
            trained(run, tmp_path / "killed")
    record = trained(other, tmp_path / "killed")
    assert record["restarts"] == 0
    assert record["epochs"] == trained(other, tmp_path / "fresh")["epochs"]


def test_whatever_a_run_depends_on_is_in_its_fingerprint(
    make_run: MakeRun,
    model_folder: Callable[..., Path],
    bread: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("distilbeto.finetuning.train._train_in_memory", kill)
    run, contrary = make_run(), bread["contrary"]
    others = [
        run._replace(seed=2),
        run._replace(code="changed"),
        run._replace(train=bread["test"]),
        run._replace(dev=contrary, dev_examples=contrary.with_suffix(".jsonl")),
        run._replace(model_folder=model_folder(intermediate_size=32)),
        run._replace(settings=run.settings.model_copy(update={"selection": "last"})),
        make_run({"model_folder": run.model_folder}, epochs=7),
    ]
    fingerprints = []
    for number, each in enumerate([run, run, *others]):
        with pytest.raises(SystemExit):
            trained(each, tmp_path / str(number))
        fingerprints.append(json.loads((tmp_path / str(number) / "checkpoints/fingerprint.json").read_text()))
    same, again, *different = (record["fingerprint"] for record in fingerprints)
    assert same == again
    assert len({same, *different}) == 1 + len(others)


def dev_loss(run: Run, folder: Path, dev: Path) -> float:
    """The mean cross-entropy of the model in `folder` on validation features."""
    features = open_features(dev, run.tokenizer)
    losses = []
    for indices, _, output in forward(
        load_finetuned(folder, TaskKind.SEQUENCE_CLASSIFICATION), features, run.tokenizer.pad
    ):
        gold = torch.tensor(features.arrays["labels"][indices])
        losses += torch.nn.functional.cross_entropy(output.logits, gold, reduction="none").tolist()
    return float(np.mean(losses))


def test_selection_keeps_the_epoch_of_lowest_loss_or_the_last(
    make_run: MakeRun, bread: dict[str, Path], tmp_path: Path
) -> None:
    contrary = {"dev": bread["contrary"]}
    for selection, epoch in (("lowest_loss", 1), ("last", 3)):
        run = make_run(contrary, selection=selection, epochs=3)
        record = trained(run, tmp_path / selection)
        losses = [entry["dev_loss"] for entry in record["epochs"]]
        assert losses == sorted(losses)
        assert record["kept_epoch"] == epoch
        assert dev_loss(run, tmp_path / selection / "output", bread["contrary"]) == pytest.approx(losses[epoch - 1])


@pytest.fixture
def impatient(make_run: MakeRun, bread: dict[str, Path]) -> Run:
    """A run of nine epochs whose development loss rises from the first on, and that waits for two of them."""
    run = make_run({"dev": bread["contrary"]}, epochs=9)
    return run._replace(settings=run.settings.model_copy(update={"optimization": Optimization(patience=2)}))


def test_a_run_without_a_better_epoch_ends(impatient: Run, tmp_path: Path) -> None:
    record = trained(impatient, tmp_path)
    assert [epoch["epoch"] for epoch in record["epochs"]] == [1, 2, 3]
    assert (record["kept_epoch"], record["steps"]) == (1, 75)
    best = record["epochs"][0]["dev_loss"]
    assert dev_loss(impatient, tmp_path / "output", impatient.dev) == pytest.approx(best)


@pytest.mark.parametrize("step", [60, None])
def test_a_killed_run_ends_where_it_would_have(
    impatient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int | None
) -> None:
    """Also one that had ended, and was killed before its best epoch was loaded."""
    whole = trained(impatient, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        kill_at(step, patch) if step else patch.setattr(TaskTrainer, "_load_best_model", kill)
        with pytest.raises(SystemExit):
            trained(impatient, tmp_path / "killed")
    steps = count_steps(monkeypatch)
    assert trained(impatient, tmp_path / "killed")["epochs"] == whole["epochs"]
    assert len(steps) == (25 if step else 0)
    assert same_weights(tmp_path / "whole" / "output", tmp_path / "killed" / "output")


def test_too_little_memory_keeps_the_effective_batch(
    make_run: MakeRun, model_folder: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run({"model_folder": model_folder(dropout=0.0)}, gradient_accumulation_steps=2)
    run = run._replace(train=run.dev)
    whole = trained(run, tmp_path / "whole")
    training_step = TaskTrainer.training_step

    def small_device(self: TaskTrainer, model: Any, inputs: Any, items: Any = None) -> Any:
        if len(inputs["input_ids"]) > 2:
            raise torch.OutOfMemoryError
        return training_step(self, model, inputs, items)

    monkeypatch.setattr(TaskTrainer, "training_step", small_device)
    small = trained(run, tmp_path / "small")
    assert small["hyperparameters"]["batch_size"] == 8
    assert [
        small["hyperparameters"][name] for name in ("micro_batch", "gradient_accumulation_steps", "effective_batch")
    ] == [2, 8, 16]
    assert small["steps"] == whole["steps"]
    for found, expected in zip(small["epochs"], whole["epochs"], strict=True):
        for loss in ("train_loss", "dev_loss"):
            assert found[loss] == pytest.approx(expected[loss], rel=1e-4)


def test_one_example_too_large_for_the_device_is_an_error(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_device(*_: Any) -> Any:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(TaskTrainer, "training_step", no_device)
    with pytest.raises(UserError, match="too little memory to train tiny"):
        trained(make_run(batch_size=2), tmp_path)


@pytest.mark.parametrize(("micro", "effective", "expected"), [(16, 32, 8), (6, 12, 3), (3, 3, 1), (5, 10, 2)])
def test_the_next_micro_batch_divides_the_effective_batch(micro: int, effective: int, expected: int) -> None:
    assert next_micro_batch(micro, effective) == expected


def test_a_loss_that_is_no_number_stops_the_run(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    with pytest.raises(UserError, match=r"loss of epoch 1 is (nan|inf)"):
        trained(make_run({"model_folder": run.model_folder}, learning_rate=1e30), tmp_path)


def test_a_model_of_another_tokenizer_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    with pytest.raises(UserError, match="made with the tokenizer"):
        trained(run._replace(tokenizer=run.tokenizer._replace(fingerprint="other")), tmp_path)


def test_a_model_under_another_name_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds the model tiny, expected large"):
        trained(make_run()._replace(model="large"), tmp_path)


def test_another_architecture_than_the_manifests_is_refused(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    path = run.model_folder / "config.json"
    path.write_text(path.read_text().replace('"n_layers": 1', '"n_layers": 2'))
    with pytest.raises(UserError, match=r"'num_hidden_layers': 2.*'num_hidden_layers': 1"):
        trained(run, tmp_path)


def test_a_row_longer_than_the_model_takes_is_refused_by_its_names(
    make_run: MakeRun, model_folder: Callable[..., Path], tmp_path: Path
) -> None:
    """A plan that is made before the source of a model is fetched cannot know."""
    with pytest.raises(UserError, match=r"finetuning\.rows: length 16 for bread, but models\.tiny takes 8"):
        trained(make_run({"model_folder": model_folder(max_position_embeddings=8)}), tmp_path)


def test_sequences_longer_than_the_model_takes_are_refused(
    make_run: MakeRun, model_folder: Callable[..., Path], encoded: Callable[..., Path], tmp_path: Path
) -> None:
    examples = [ClassificationExample("0", "pan " * 30, None, "sí")]
    features = encoded(examples, "sequence_classification", ["no", "sí"], Lengths(32, 4))
    with pytest.raises(UserError, match="a sequence has 32 tokens, tiny takes 16"):
        trained(make_run({"model_folder": model_folder(max_position_embeddings=16), "train": features}), tmp_path)


def test_weights_missing_from_the_encoder_are_refused(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run()
    path = run.model_folder / "model.safetensors"
    weights = load_file(path)
    del weights["distilbert.embeddings.word_embeddings.weight"]
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"missing.*distilbert.embeddings.word_embeddings.weight"):
        trained(run, tmp_path)


@pytest.mark.parametrize("model_type", ["albert", "bert"])
def test_the_other_architectures_train_too(
    make_run: MakeRun, model_folder: Callable[..., Path], tmp_path: Path, model_type: str
) -> None:
    size = {"embedding_size": 16} if model_type == "albert" else {}
    run = make_run({"model_folder": model_folder(model_type=model_type, **size)}, epochs=1)
    record = trained(run._replace(train=run.dev), tmp_path)
    assert record["architecture"]["model_type"] == model_type
    assert f"{model_type}.pooler.{'weight' if model_type == 'albert' else 'dense.weight'}" in record["random_weights"]
