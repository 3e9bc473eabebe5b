"""A chain of segments makes the same student however it is cut, and refuses what does not belong together."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from distilbeto.corpus.shard_writer import write_shard
from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation import training
from distilbeto.distillation.batches import Batch
from distilbeto.distillation.initialization import initialize_student
from distilbeto.distillation.ranks import Ranks
from distilbeto.distillation.segment import Inputs, train_segment
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.training_data import TrainingData
from distilbeto.errors import UserError
from distilbeto.storage.files import sha256_of

MakeInputs = Callable[..., Inputs]
MakeSettings = Callable[..., TrainingSettings]


@pytest.fixture
def start(make_inputs: MakeInputs, tmp_path: Path) -> Callable[..., Path]:
    """Write the state at step 0."""

    def make(settings: TrainingSettings, **changes: Any) -> Path:
        path = tmp_path / "step-0000000.safetensors"
        inputs = make_inputs(path, **changes)
        initialize_student(settings, inputs.tokenizer, inputs.teacher, path)
        return path

    return make


def content(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    with safe_open(path, framework="np") as file:
        return file.metadata(), {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


def chain(settings: TrainingSettings, inputs: Inputs, ends: list[int], folder: Path) -> Path:
    for end in ends:
        output = folder / f"step-{end:07d}.safetensors"
        train_segment(settings, inputs, end, output, output.with_suffix(".jsonl"))
        inputs = inputs._replace(state=output)
    return inputs.state


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_one_three_or_seven_segments_end_in_the_same_bits(
    precision: str,
    make_settings: MakeSettings,
    start: Callable[..., Path],
    make_inputs: MakeInputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "resolve_precision", lambda precision, _: precision)  # fp16 on a CPU too
    settings = make_settings(precision=precision)
    inputs = make_inputs(start(settings))
    cuts = [[7], [2, 5, 7], list(range(1, 8))] if precision == "fp32" else [[7], [3, 7]]
    results = [content(chain(settings, inputs, cut, tmp_path / str(number))) for number, cut in enumerate(cuts)]
    assert all(result == results[0] for result in results[1:])
    assert results[0] != content(inputs.state)
    assert results[0][0]["step"] == "7"


def test_metrics_end_with_validation_data_and_provenance(
    make_settings: MakeSettings, start: Callable[..., Path], make_inputs: MakeInputs, tmp_path: Path
) -> None:
    settings = make_settings()
    chain(settings, make_inputs(start(settings)), [2, 3], tmp_path)
    first, second = (
        [json.loads(line) for line in (tmp_path / f"step-000000{end}.jsonl").read_text().splitlines()] for end in (2, 3)
    )
    assert [line["step"] for line in first + second] == [1, 2, 2, 3, 3]
    assert first[-1]["validation"].keys() == {"loss", "distillation", "masked_lm", "cosine", "accuracy", "targets"}
    assert first[-1]["teacher_validation"]["targets"] == first[-1]["validation"]["targets"]
    assert "teacher_validation" not in second[-1]
    assert first[-1]["data"].keys() == {"tokenizer", "teacher", "shards", "token_counts"}
    assert first[-1]["provenance"]["settings"]["seed"] == 42


def test_a_segment_that_is_stopped_leaves_nothing(
    make_settings: MakeSettings,
    start: Callable[..., Path],
    make_inputs: MakeInputs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = make_settings()
    inputs = make_inputs(start(settings))
    before = content(inputs.state)
    real_step_batch = training.step_batch

    def stop(data: TrainingData, step: int, size: int, ranks: Ranks) -> Batch:
        if step == 2:
            raise SystemExit(143)
        return real_step_batch(data, step, size, ranks)

    monkeypatch.setattr(training, "step_batch", stop)
    with pytest.raises(SystemExit):
        chain(settings, inputs, [7], tmp_path / "out")
    assert not list((tmp_path / "out").glob("*"))
    assert content(inputs.state) == before


def test_pretraining_without_a_teacher(
    make_settings: MakeSettings, start: Callable[..., Path], make_inputs: MakeInputs, tmp_path: Path
) -> None:
    settings = make_settings(teacher=None, initialization={}, validation_sequences=0)
    chain(settings, make_inputs(start(settings, teacher=None), teacher=None), [1], tmp_path)
    first, last = (json.loads(line) for line in (tmp_path / "step-0000001.jsonl").read_text().splitlines())
    assert first["losses"].keys() == {"masked_lm"}
    assert first["loss"] == first["losses"]["masked_lm"]
    assert "validation" not in last


@pytest.mark.parametrize(
    ("taught_by", "model_type", "layers"),
    [
        ("bert", "bert", [0, 3]),
        ("albert", "albert", [0, 3]),
        ("roberta", "roberta", [1, 3]),
        ("xlm-roberta", "roberta", [0, 2]),
        ("modernbert", "modernbert", [0, 4]),
    ],
)
def test_students_of_their_teachers_kind_end_in_the_same_bits_however_the_training_is_cut(
    taught_by: str,
    model_type: str,
    layers: list[int],
    make_settings: MakeSettings,
    make_architecture: Callable[..., Any],
    make_model_folder: Callable[..., Path],
    start: Callable[..., Path],
    make_inputs: MakeInputs,
    tmp_path: Path,
) -> None:
    teacher = make_model_folder(taught_by, num_hidden_layers=5, config={"initializer_range": 0.05})
    settings = make_settings(
        architecture=make_architecture(model_type).model_dump(),
        initialization={"layers": layers},
        losses={"loss_tokens": "all"},
    )
    inputs = make_inputs(start(settings, teacher=teacher), teacher=teacher)
    whole, cut = (content(chain(settings, inputs, ends, tmp_path / str(len(ends)))) for ends in ([3], [1, 2, 3]))
    assert whole == cut
    assert whole != content(inputs.state)


@pytest.mark.parametrize("family", ["electra", "deberta-v2", "bert"])
def test_a_teacher_without_a_head_teaches_by_its_hidden_states(
    family: str,
    make_settings: MakeSettings,
    make_architecture: Callable[..., Any],
    make_model_folder: Callable[..., Path],
    start: Callable[..., Path],
    make_inputs: MakeInputs,
    tmp_path: Path,
) -> None:
    teacher = make_model_folder(family, num_hidden_layers=4, head=False)
    student = {"architecture": make_architecture(family).model_dump()}
    with pytest.raises(UserError, match=r"the teacher lacks .*\n  Take a checkpoint that has .* \(losses.alpha_ce: 0"):
        start(make_settings(**student), teacher=teacher)
    with pytest.raises(UserError, match="the teacher lacks"):
        start(make_settings(**student, losses={"alpha_ce": 0}), teacher=teacher)
    settings = make_settings(
        **student, losses={"alpha_ce": 0}, initialization={"layers": [0, 3], "copy_head_transform": False}
    )
    chain(settings, make_inputs(start(settings, teacher=teacher), teacher=teacher), [2], tmp_path)
    first, _, closing = map(json.loads, (tmp_path / "step-0000002.jsonl").read_text().splitlines())
    assert first["losses"].keys() == {"masked_lm", "cosine"}
    assert "teacher_validation" not in closing


def test_what_does_not_belong_together_is_refused_before_the_first_step(
    make_settings: MakeSettings,
    start: Callable[..., Path],
    make_inputs: MakeInputs,
    make_model_folder: Callable[..., Path],
    shards: list[Path],
    shard_set: ShardSet,
    tmp_path: Path,
) -> None:
    settings = make_settings()
    inputs = make_inputs(start(settings))
    trained = inputs._replace(state=chain(settings, inputs, [1], tmp_path / "trained"))
    foreign = tmp_path / "foreign.safetensors"
    write_shard(foreign, np.zeros(3, np.uint16), np.array([0, 3], np.uint64), {"tokenizer": "other"})

    def refuses(message: str, given: Inputs, end: int = 2, **changes: Any) -> None:
        with pytest.raises(UserError, match=message):
            train_segment(make_settings(**changes), given, end, tmp_path / "x.safetensors", tmp_path / "x.jsonl")
        assert not list(tmp_path.glob("*x.*"))

    refuses("made with tokenizer other, expected tokenizer", inputs._replace(shards=[foreign]))
    refuses("shards was .*, is now", trained._replace(shards=shards[::-1]))
    refuses(r"settings.losses.temperature was 2.0, is now 1.0", trained, losses={"temperature": 1.0})
    refuses("teacher was .*, is now", trained._replace(teacher=make_model_folder("bert", num_hidden_layers=4, seed=8)))
    refuses("name the teacher t, --teacher gives None", inputs._replace(teacher=None))
    refuses("at step 1 of 7, the segment cannot end at step 8", trained, end=8)
    refuses("at step 1 of 7, the segment cannot end at step 1", trained, end=1)
    refuses("format token-counts-1, found shard-2", inputs._replace(token_counts=shards[0]))
    half = make_settings(precision="fp16")
    refuses("precision: fp16 needs a GPU", inputs._replace(state=start(half)), precision="fp16")


def test_models_that_cannot_read_the_corpus_or_be_compared_are_refused(
    make_settings: MakeSettings,
    make_architecture: Callable[..., Any],
    make_model_folder: Callable[..., Path],
    start: Callable[..., Path],
    make_inputs: MakeInputs,
    tmp_path: Path,
) -> None:
    short = make_settings(
        architecture=make_architecture("distilbert", max_position_embeddings=16).model_dump(), initialization={}
    )
    with pytest.raises(UserError, match="the corpus has a sequence of 20 tokens, the student takes 16"):
        chain(short, make_inputs(start(short)), [1], tmp_path)
    teacher = make_model_folder("bert", hidden_size=48)
    wide = make_settings(initialization={})
    with pytest.raises(UserError, match="the student's hidden size is 32, the teacher's 48"):
        chain(wide, make_inputs(start(wide, teacher=teacher), teacher=teacher), [1], tmp_path)
    other_heads = make_model_folder("bert", num_hidden_layers=4, num_attention_heads=8)
    with pytest.raises(UserError, match="its num_attention_heads is 4, the teacher's 8"):
        start(make_settings(), teacher=other_heads)


def test_a_teacher_of_another_tokenizer_or_damaged_or_without_head_is_refused(
    make_settings: MakeSettings, make_model_folder: Callable[..., Path], start: Callable[..., Path]
) -> None:
    folder = make_model_folder("bert", num_hidden_layers=4)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"tokenizer": "other"}))
    with pytest.raises(UserError, match="the teacher has the tokenizer other, its student"):
        start(make_settings(), teacher=folder)
    (folder / "manifest.json").write_text(json.dumps(manifest | {"weights_sha256": "0" * 64}))
    with pytest.raises(UserError, match=r"manifest\.json says 000.*\n  Delete it and run again"):
        start(make_settings(), teacher=folder)
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1])
    with pytest.raises(UserError, match=r"model\.safetensors: cut short, damaged or .*\n  Delete it and run again"):
        start(make_settings(), teacher=folder)
    weights.write_bytes(whole)
    encoder = {name: tensor for name, tensor in load_file(weights).items() if not name.startswith("cls.")}
    save_file(encoder, weights, metadata={"format": "pt"})
    (folder / "manifest.json").write_text(json.dumps(manifest | {"weights_sha256": sha256_of(weights)}))
    with pytest.raises(UserError, match=r"the teacher lacks cls\.predictions"):
        start(make_settings(), teacher=folder)
