"""What a run says of its development set, and what is chosen by it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tests.finetuning.test_train import MakeRun, trained

from distilbeto.errors import UserError
from distilbeto.finetuning.losses import summed_loss, target_count
from distilbeto.finetuning.predict import predict
from distilbeto.finetuning.record import Run, kept_epoch
from distilbeto.finetuning.settings import PredictionSettings, RunSettings, with_hyperparameters
from distilbeto.finetuning.train import finetune, try_hyperparameters
from distilbeto.glues.examples import Answer, Example, Question, TaggedSentence
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.scores import score_file

TAGS = ["O", "B-LOC", "I-LOC"]
SENTENCES: list[Example] = [
    TaggedSentence(str(number), words, tags)
    for number, (words, tags) in enumerate(
        [
            (("oro", "pan", "sol"), ("B-LOC", "O", "O")),
            (("mar", "oro", "oroes", "pez"), ("O", "B-LOC", "I-LOC", "O")),
            (("sal",) * 20, ("O",) * 20),
            (("pez", "sol"), ("O", "O")),
        ]
        * 4
    )
]
QUESTIONS: list[Example] = [
    Question(str(number), "pan", f"sal mar {noun} pez sol oro sal mar pez sol", (Answer(noun, 8),))
    for number, noun in enumerate(["oro", "pez", "sol", "mar"] * 4)
]


def on(run: Run, examples: Path, **settings: Any) -> Run:
    """The run on other data, which it trains and is developed on."""
    changed = RunSettings.model_validate(run.settings.model_dump() | settings)
    files = {"train": examples, "dev": examples, "dev_examples": examples.with_suffix(".jsonl")}
    return run._replace(settings=changed, **files)


@pytest.mark.parametrize(
    ("kind", "labels", "examples", "spans", "metric"),
    [
        ("token_classification", TAGS, SENTENCES, True, "conlleval.f1"),
        ("token_classification", TAGS, SENTENCES, False, "accuracy"),
        ("token_classification", ["O", "I-X", "I-Y"], SENTENCES, True, "conlleval.f1"),
        ("question_answering", [], QUESTIONS, False, "squad.f1"),
    ],
)
def test_development_metrics_are_those_that_predicting_and_scoring_give(
    make_run: MakeRun,
    encoded: Callable[..., Path],
    tmp_path: Path,
    kind: str,
    labels: list[str],
    examples: list[Example],
    spans: bool,
    metric: str,
) -> None:
    names = dict(zip(TAGS, labels, strict=False))
    if kind == "token_classification":
        examples = [each._replace(tags=tuple(names[tag] for tag in each.tags)) for each in examples]
    features = encoded(examples, kind, labels)
    fallback = "O" if kind == "token_classification" else None
    run = on(
        make_run(epochs=2, learning_rate=2e-2), features, kind=kind, labels=labels, fallback_tag=fallback, spans=spans
    )
    record = trained(run._replace(settings=run.settings.model_copy(update={"selection": "last"})), tmp_path)
    settings = PredictionSettings.model_validate({"kind": kind, "labels": labels, "fallback_tag": fallback})
    gold, output = (
        features.with_suffix(".jsonl"),
        tmp_path / ("predicted.txt" if kind == "token_classification" else "predicted.json"),
    )
    predict(tmp_path / "output", run.tokenizer, features=features, examples=gold, settings=settings, output=output)
    scores = {
        name: value for name, value in score_file(kind, gold, output, spans=spans).metrics.items() if value is not None
    }
    assert record["epochs"][-1]["dev_metrics"] == pytest.approx(scores)
    assert record["development"] == {
        "loss": record["epochs"][-1]["dev_loss"],
        "metric": metric,
        "score": pytest.approx(scores[metric]),
    }


def test_the_threshold_of_no_answer_is_chosen_in_development_and_used_in_the_test(
    make_run: MakeRun, encoded: Callable[..., Path], tmp_path: Path
) -> None:
    impossible = [Question(f"n{number}", "oro", "sal mar pez sol", (), True) for number in range(6)]
    features = encoded([*QUESTIONS, *impossible], "question_answering", [], unanswerable=True)
    run = on(
        make_run(epochs=2, learning_rate=2e-2, selection="metric"),
        features,
        kind="question_answering",
        labels=[],
        unanswerable=True,
    )
    record = trained(run, tmp_path)
    kept = record["epochs"][record["kept_epoch"] - 1]
    assert record["development"]["threshold"] == kept["threshold"]
    assert record["development"]["metric"] == "squad_v2.f1"
    settings = PredictionSettings(kind=TaskKind.QUESTION_ANSWERING, labels=[], unanswerable=True)
    gold, output = features.with_suffix(".jsonl"), tmp_path / "predicted.json"
    predict(tmp_path / "output", run.tokenizer, features=features, examples=gold, settings=settings, output=output)
    for name, answered in json.loads(output.read_text(encoding="utf-8")).items():
        above = answered["no_answer_score"] > kept["threshold"]
        assert answered["answer"] == ("" if above else answered["span"]), name
        assert answered["span"]
    scores = score_file("question_answering", gold, output, unanswerable=True)
    assert kept["dev_metrics"] == pytest.approx(scores.metrics)
    assert scores.metrics["squad_v2.f1"] == pytest.approx(scores.metrics["squad_v2.best_f1"])


def test_the_metric_of_a_task_chooses_the_epoch(make_run: MakeRun, bread: dict[str, Path], tmp_path: Path) -> None:
    run = make_run({"dev": bread["contrary"]}, selection="metric", epochs=3)
    settings = run.settings.model_copy(update={"metric": "f1", "positive_label": "sí"})
    record = trained(run._replace(settings=settings), tmp_path)
    scores = [epoch["dev_metrics"]["f1"] for epoch in record["epochs"]]
    assert record["kept_epoch"] == 1 + scores.index(max(scores))
    assert record["development"]["metric"] == "f1"


def test_the_best_metric_may_choose_the_epoch(make_run: MakeRun, bread: dict[str, Path], tmp_path: Path) -> None:
    run = make_run({"dev": bread["contrary"]}, selection="metric", epochs=3)
    record = trained(run, tmp_path)
    scores = [epoch["dev_metrics"]["accuracy"] for epoch in record["epochs"]]
    assert record["kept_epoch"] == 1 + scores.index(max(scores))
    assert record["development"]["score"] == max(scores)


@pytest.mark.parametrize(("selection", "kept"), [("lowest_loss", 2), ("metric", 1), ("last", 3)])
def test_of_equal_epochs_the_first_is_kept(selection: str, kept: int) -> None:
    numbers = [(0.7, 80.0), (0.5, 80.0), (0.5, 70.0)]
    epochs = [
        {"epoch": place, "dev_loss": loss, "dev_metrics": {"accuracy": score}}
        for place, (loss, score) in enumerate(numbers, start=1)
    ]
    assert kept_epoch(epochs, selection, "accuracy")["epoch"] == kept


def test_the_validation_loss_does_not_depend_on_batches(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(epochs=1)
    whole = trained(run, tmp_path / "whole")
    monkeypatch.setattr("distilbeto.finetuning.forward.BATCH_TOKENS", 40)
    assert trained(run, tmp_path / "cut")["development"]["loss"] == pytest.approx(
        whole["development"]["loss"], rel=1e-5
    )


def test_a_point_of_a_search_leaves_its_record_alone(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(epochs=2)
    whole = trained(run, tmp_path / "whole")
    try_hyperparameters(run, tmp_path / "checkpoints", tmp_path / "point.json")
    record = json.loads((tmp_path / "point.json").read_text())
    assert (record["epochs"], record["development"]) == (whole["epochs"], whole["development"])
    assert sorted(path.name for path in tmp_path.iterdir() if not path.name.startswith(".")) == ["point.json", "whole"]


def test_a_point_that_diverges_has_no_score_and_a_run_is_an_error(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(learning_rate=1e30)
    try_hyperparameters(run, tmp_path / "checkpoints", tmp_path / "point.json")
    record = json.loads((tmp_path / "point.json").read_text(), parse_constant=pytest.fail)
    assert record["kept_epoch"] is None
    assert record["development"] == {"loss": None, "metric": "accuracy", "score": None}
    with pytest.raises(UserError, match=r"loss of epoch 1 is (nan|inf)"):
        finetune(run, tmp_path / "again", tmp_path / "output")


def test_chosen_hyperparameters_go_before_the_settings(make_run: MakeRun, tmp_path: Path) -> None:
    settings = make_run().settings
    chosen = settings.hyperparameters.model_copy(update={"epochs": 7})
    path = tmp_path / "hyperparameters.json"
    path.write_text(json.dumps({"hyperparameters": chosen.model_dump()}))
    without = settings.model_dump_json(exclude={"hyperparameters"})
    assert RunSettings.model_validate_json(with_hyperparameters(without, path)).hyperparameters == chosen
    old = chosen.model_dump(exclude={"gradient_accumulation_steps"})  # as an earlier version wrote it
    path.write_text(json.dumps({"hyperparameters": old | {"accumulation": chosen.gradient_accumulation_steps}}))
    assert RunSettings.model_validate_json(with_hyperparameters(without, path)).hyperparameters == chosen
    path.write_text("[]")
    with pytest.raises(UserError, match="key hyperparameters"):
        with_hyperparameters(without, path)


def test_other_examples_than_the_features_were_made_from_are_refused(
    make_run: MakeRun, bread: dict[str, Path], tmp_path: Path
) -> None:
    run = make_run({"dev_examples": bread["test"].with_suffix(".jsonl")})
    with pytest.raises(UserError, match="Encode the data set again"):
        trained(run, tmp_path)


def test_padding_takes_no_part_in_the_loss_of_an_answer() -> None:
    logits = torch.tensor([[0.3, 2.0, -1.0]])
    alone, padded = (
        {
            "attention_mask": torch.tensor([[1, 1, 1] + [0] * padding]),
            "start_positions": torch.tensor([1]),
            "end_positions": torch.tensor([2]),
            "logits": torch.cat([logits, torch.full((1, padding), 9.0)], 1),
        }
        for padding in (0, 2)
    )
    losses = [
        float(
            summed_loss(
                TaskKind.QUESTION_ANSWERING,
                SimpleNamespace(start_logits=each["logits"], end_logits=each["logits"]),
                each,
            )
        )
        for each in (alone, padded)
    ]
    expected = -(logits.log_softmax(-1)[0, 1] + logits.log_softmax(-1)[0, 2]) / 2
    assert losses == pytest.approx([float(expected)] * 2)


def test_losses_are_means_over_all_targets() -> None:
    logits = torch.zeros(2, 3, 4)
    labels = torch.tensor([[0, 1, -100], [2, -100, -100]])
    inputs = {"labels": labels}
    output = SimpleNamespace(logits=logits)
    assert int(target_count(inputs)) == 3
    assert float(summed_loss(TaskKind.TOKEN_CLASSIFICATION, output, inputs)) == pytest.approx(3 * math.log(4))
