import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT

from distilbeto.errors import UserError
from distilbeto.glues.examples import TaggedSentence, write_examples
from distilbeto.latency.settings import TimingSettings
from distilbeto.latency.time_inference import time_inference, token_ids
from distilbeto.latency.timing import describe_machine, pin_threads, time_runs
from distilbeto.models.build import random_model
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

SHAPE = {
    "embedding_size": 8,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


@pytest.fixture(autouse=True)
def every_core() -> Iterator[None]:
    """Timing pins the process: let later tests have all cores again."""
    cores = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture
def tokenizer(tmp_path: Path) -> LoadedTokenizer:
    pieces = ["[MASK]", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "pan", "##es"]
    (tmp_path / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    prepare_tokenizer(tmp_path, Normalization(), tmp_path / "tokenizer")
    return load_tokenizer(tmp_path / "tokenizer")


@pytest.fixture
def model(tokenizer: LoadedTokenizer, tmp_path: Path) -> Path:
    model = random_model(Architecture(model_type="albert", max_position_embeddings=32, **SHAPE), tokenizer, 1)
    weights = Weights(model.config, model.state_dict())
    folder = tmp_path / "model"
    save_model(folder, "tiny", weights, origin="test", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
    return folder


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    path = tmp_path / "ner.jsonl"
    write_examples(path, [TaggedSentence(str(number), ("Panes", "pan"), ("O", "O")) for number in range(6)])
    return path


def test_the_record_has_every_run_and_the_encoders_parameters(
    tokenizer: LoadedTokenizer, model: Path, examples: Path, tmp_path: Path
) -> None:
    settings = TimingSettings(dataset="ner", sentences=5, runs=3, warmup_sentences=1, max_length=16)
    output = tmp_path / "latency.json"
    time_inference("tiny", model, tokenizer=tokenizer, examples=examples, settings=settings, output=output)
    record = json.loads(output.read_text(encoding="utf-8"))
    embeddings = (7 + 32 + 2 + 2) * 8 + (8 + 1) * 16
    shared_layer = 4 * (16 + 1) * 16 + (16 + 1) * 32 + (32 + 1) * 16 + 2 * 2 * 16
    assert record["parameters"] == embeddings + shared_layer
    assert len(record["seconds"]) == record["runs"] == 3
    assert min(record["seconds"]) > 0
    assert record["mean"] == pytest.approx(sum(record["seconds"]) / 3)
    assert record["fastest"] <= record["median"] <= record["slowest"]
    assert record["standard_deviation"] >= 0
    assert min(record["warmup_seconds"], record["load_seconds"], record["memory_mib"]) >= 0
    assert record["cores"] == sorted(os.sched_getaffinity(0))[:1], "as many cores as threads"
    assert {"processor", "cores", "memory_gib", "system"} <= set(record["machine"])
    assert (record["sentences"], record["batch_size"], record["max_length"], record["threads"]) == (5, 1, 16, 1)


# What a large process starts is no larger for it. Its own memory, in bytes, is the first argument.
PARENT = "import subprocess, sys; held = bytearray(int(sys.argv[1])); subprocess.run(sys.argv[2:], check=True)"


def test_memory_is_the_models_whatever_started_the_script(
    tokenizer: LoadedTokenizer, model: Path, examples: Path, tmp_path: Path
) -> None:
    output = tmp_path / "latency.json"
    options = {
        "--model": "tiny",
        "--model-folder": model,
        "--tokenizer": tmp_path / "tokenizer",
        "--examples": examples,
        "--settings": json.dumps({"dataset": "ner", "sentences": 2, "runs": 1}),
        "--output": output,
    }
    script = [
        sys.executable,
        str(ROOT / "scripts/time_inference.py"),
        *(str(part) for pair in options.items() for part in pair),
    ]
    subprocess.run([sys.executable, "-c", PARENT, "2000000000", *script], check=True)
    assert 0 < json.loads(output.read_text(encoding="utf-8"))["memory_mib"] < 1000


def test_the_warm_up_is_on_a_clock_of_its_own() -> None:
    settings = TimingSettings(dataset="ner", runs=3, warmup_sentences=2)
    seen: list[int] = []
    times = time_runs(seen.append, [1, 2, 3], settings)
    assert seen == [1, 2, *([1, 2, 3] * 3)]
    assert len(times["seconds"]) == 3


def test_a_process_is_pinned_to_as_many_cores_as_it_has_threads() -> None:
    assert len(pin_threads(1)) == 1
    assert os.sched_getaffinity(0) == set(pin_threads(1))


def test_the_machine_is_described() -> None:
    machine = describe_machine()
    assert machine["processor"]
    assert machine["cores"] >= 1
    assert machine["memory_gib"] > 0


def test_sentences_are_cut(tokenizer: LoadedTokenizer) -> None:
    short, long = token_ids([("panes", "pan"), ("panes",) * 40], tokenizer, 16)
    assert short.tolist() == [[3, 5, 6, 5, 4]]
    assert (long.shape, long.dtype) == ((1, 16), "int64")
    assert long[0, -1] == tokenizer.sep


def test_too_few_sentences_are_refused(tokenizer: LoadedTokenizer, model: Path, examples: Path, tmp_path: Path) -> None:
    settings = TimingSettings(dataset="ner", sentences=100)
    with pytest.raises(UserError, match="6 sentences, expected at least 100"):
        time_inference("x", model, tokenizer=tokenizer, examples=examples, settings=settings, output=tmp_path / "x")


def test_another_tokenizer_is_refused(tokenizer: LoadedTokenizer, model: Path, examples: Path, tmp_path: Path) -> None:
    other = tokenizer._replace(fingerprint="other")
    settings = TimingSettings(dataset="ner", sentences=5)
    with pytest.raises(UserError, match="expected other"):
        time_inference("x", model, tokenizer=other, examples=examples, settings=settings, output=tmp_path / "x")
