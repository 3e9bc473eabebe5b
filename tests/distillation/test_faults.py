"""Segments that are killed, and files that are broken or do not belong together: nothing is lost, nothing goes on.

A segment runs here by its script, as in the workflow.
"""

import itertools
import json
import os
import random
import re
import runpy
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from safetensors import safe_open
from tests.forks import NOT_PERMITTED, Fault, counting, enter_small_disk, fork, limit_files, run_script, strike

from distilbeto.corpus.counts import count_tokens, write_token_counts
from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation import segment
from distilbeto.distillation.initialization import initialize_student
from distilbeto.distillation.segment import Inputs
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

SCRIPT = str(Path(__file__).parents[2] / "scripts" / "distil_segment.py")
ENDS = (2, 3, 5, 6, 7)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, limits and namespaces as Linux has them")

Command = Callable[..., list[str]]


@pytest.fixture
def settings(make_settings: Callable[..., TrainingSettings]) -> TrainingSettings:
    return make_settings()


@pytest.fixture
def first(settings: TrainingSettings, make_inputs: Callable[..., Inputs], tmp_path: Path) -> Inputs:
    """What the first segment reads."""
    inputs = make_inputs(tmp_path / state_name(0))
    initialize_student(settings, inputs.tokenizer, inputs.teacher, inputs.state)
    return inputs


@pytest.fixture
def command(settings: TrainingSettings, first: Inputs) -> Command:
    """The words of a segment's command line."""

    def make(folder: Path, end: int, inputs: Inputs = first, settings: TrainingSettings = settings) -> list[str]:
        before = max(step for step in (0, *ENDS) if step < end)
        state = folder / state_name(before) if before and inputs is first else inputs.state
        options = {
            "settings": [settings.model_dump_json()],
            "tokenizer": [inputs.tokenizer],
            "shards": inputs.shards,
            "token-counts": [inputs.token_counts],
            **({"teacher": [inputs.teacher]} if inputs.teacher else {}),
            "state": [state],
            "end-step": [end],
            "output": [folder / state_name(end)],
            "metrics": [(folder / state_name(end)).with_suffix(".jsonl")],
        }
        return [SCRIPT, *(str(word) for name, values in options.items() for word in (f"--{name}", *values))]

    return make


def state_name(step: int) -> str:
    return f"step-{step:07d}.safetensors"


def content(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    with safe_open(path, framework="np") as file:
        return file.metadata(), {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


def metrics_of(metrics: Path) -> list[dict[str, Any]]:
    """The metrics without what depends on the clock."""
    lines = [json.loads(line) for line in metrics.read_text().splitlines()]
    return [{key: line[key] for key in line.keys() - {"provenance", "tokens_per_second"}} for line in lines]


def test_twenty_kills_at_random_points_change_no_bit(command: Command, tmp_path: Path) -> None:
    undisturbed, killed, log = tmp_path / "undisturbed", tmp_path / "killed", tmp_path / "log"
    marks = run_undisturbed(command, undisturbed)
    size = (undisturbed / state_name(ENDS[-1])).stat().st_size
    faults = draw_faults(random.Random(20), marks, size)
    assert len(faults) == 20
    for number, end in enumerate(ENDS):
        words = command(killed, end)
        for fault in faults[number :: len(ENDS)]:
            status = fork(lambda fault=fault, words=words: (strike(fault), run_script(words)), log)
            ending = 128 + fault.signal if fault.signal == signal.SIGTERM else -fault.signal
            assert status == ending, f"{fault} ended with {status}: {log.read_text()}"
            assert_whole(killed, undisturbed)
        assert fork(lambda words=words: run_script(words), log) == 0, log.read_text()
    assert {path.name for path in killed.iterdir()} == {path.name for path in undisturbed.iterdir()}
    for end in ENDS:
        assert content(killed / state_name(end)) == content(undisturbed / state_name(end))
        metrics = Path(state_name(end)).with_suffix(".jsonl")
        assert metrics_of(killed / metrics) == metrics_of(undisturbed / metrics)


def run_undisturbed(command: Command, folder: Path) -> list[int]:
    """Run all segments; returns how many functions the last one called: before its steps, with them, in all."""
    program = runpy.run_path(SCRIPT)
    for end in ENDS:
        with counting("run_segment") as marks:
            program["main"](program["parser"]().parse_args(command(folder, end)[1:]))
    return marks


def draw_faults(generator: random.Random, marks: list[int], size: int) -> list[Fault]:
    """Twenty: twelve kills and three requests to end, in turn before, in and after the steps; five in the writing."""
    parts = list(itertools.pairwise([0, marks[0], marks[1], 0.98 * marks[2]]))
    places = [int(generator.uniform(*parts[number % 3])) for number in range(15)]
    faults = [Fault(signal.SIGKILL if number % 5 else signal.SIGTERM, place) for number, place in enumerate(places)]
    faults += [Fault(signal.SIGXFSZ, bytes=int(generator.uniform(0, size))) for _ in range(5)]
    generator.shuffle(faults)
    return faults


def assert_whole(folder: Path, undisturbed: Path) -> None:
    """What has a final name is what it will be."""
    for path in folder.glob("step-*"):
        if path.suffix == ".safetensors":
            assert content(path) == content(undisturbed / path.name)
        else:
            assert metrics_of(path) == metrics_of(undisturbed / path.name)


def test_a_kill_between_a_state_and_its_metrics_changes_no_bit(command: Command, tmp_path: Path) -> None:
    undisturbed, killed, log = tmp_path / "undisturbed", tmp_path / "killed", tmp_path / "log"
    words = command(killed, 2)
    write = segment.write_state

    def write_and_die(*arguments: Any) -> None:
        write(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    assert fork(lambda: run_script(command(undisturbed, 2)), log) == 0, log.read_text()
    assert fork(lambda: (setattr(segment, "write_state", write_and_die), run_script(words)), log) == -signal.SIGKILL
    assert (killed / state_name(2)).exists()
    assert not (killed / state_name(2)).with_suffix(".jsonl").exists()
    assert fork(lambda: run_script(words), log) == 0, log.read_text()
    assert {path.name for path in killed.iterdir()} == {path.name for path in undisturbed.iterdir()}
    assert_whole(killed, undisturbed)


@pytest.mark.parametrize("lack_space", [enter_small_disk, limit_files])
def test_a_full_disk_leaves_the_state_before_and_nothing_else(
    lack_space: Callable[[Path, int], None], command: Command, first: Inputs, tmp_path: Path
) -> None:
    folder, log, found = tmp_path / "disk", tmp_path / "log", tmp_path / "found.json"
    old, size = content(first.state), first.state.stat().st_size
    folder.mkdir()
    words = command(folder, 2, first._replace(state=folder / state_name(0)))

    def fill_disk() -> None:
        lack_space(folder, 2 * size)
        shutil.copy(first.state, folder)
        with suppress(SystemExit):
            run_script(words)
        names = sorted(path.name for path in folder.iterdir())
        found.write_text(json.dumps([names, content(folder / state_name(0)) == old]))

    if fork(fill_disk, log) == NOT_PERMITTED:
        pytest.skip("no namespace for a file system of the test's own")
    assert json.loads(found.read_text()) == [[state_name(0)], True]
    assert f"error: {folder / state_name(2)}: no space left for this file\n  Free space there" in log.read_text()
    assert "Traceback" not in log.read_text()


class Refusal(NamedTuple):
    """What a segment is given, the settings that differ, and what the message must say."""

    inputs: Inputs
    settings: dict[str, Any]
    message: str


@pytest.fixture
def refusals(
    command: Command,
    first: Inputs,
    shard_set: ShardSet,
    make_model_folder: Callable[..., Path],
    tmp_path: Path,
) -> dict[str, Refusal]:
    trained, log = tmp_path / state_name(2), tmp_path / "log"
    assert fork(lambda: run_script(command(tmp_path, 2)), log) == 0, log.read_text()
    inputs = first._replace(state=trained)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(trained.read_bytes()[:-1])
    stranger = other_tokenizer(inputs.tokenizer, tmp_path / "tokenizer")
    counts = tmp_path / "counts.safetensors"
    write_token_counts(counts, count_tokens(shard_set, 66), shard_set, "other", {})
    teacher = make_model_folder("bert", num_hidden_layers=4)
    manifest = json.loads((teacher / "manifest.json").read_text())
    (teacher / "manifest.json").write_text(json.dumps(manifest | {"tokenizer": "other"}))
    prints = r"belongs to training [0-9a-f]{16}, expected training [0-9a-f]{16}:\n"
    return {
        "a truncated state": Refusal(inputs._replace(state=cut), {}, r"cut\.safetensors: not a state .* truncated"),
        "other settings": Refusal(inputs, {"seed": 7}, prints + r" +settings\.seed was 42, is now 7"),
        "a teacher of another tokenizer": Refusal(
            inputs._replace(teacher=teacher), {}, "the teacher has the tokenizer other, its student [0-9a-f]{16}"
        ),
        "another tokenizer": Refusal(
            inputs._replace(tokenizer=stranger),
            {},
            "the teacher has the tokenizer [0-9a-f]{16}, its student [0-9a-f]{16}",
        ),
        "another tokenizer, no teacher": Refusal(
            inputs._replace(tokenizer=stranger, teacher=None),
            {"teacher": None, "initialization": {}},
            "made with tokenizer [0-9a-f]{16}, expected tokenizer [0-9a-f]{16}",
        ),
        "token counts of another tokenizer": Refusal(
            inputs._replace(token_counts=counts), {}, "the counts are of tokenizer other, expected"
        ),
    }


def other_tokenizer(like: Path, folder: Path) -> Path:
    """The same vocabulary, but accents are stripped."""
    prepare_tokenizer(like, Normalization(strip_accents=True, ignore_vocabulary_mismatch=True), folder)
    return folder


def test_what_does_not_belong_together_ends_before_the_first_step_with_one_message(
    refusals: dict[str, Refusal], command: Command, settings: TrainingSettings, tmp_path: Path
) -> None:
    log, output = tmp_path / "log", tmp_path / "output"
    for case, refusal in refusals.items():
        changed = TrainingSettings(**settings.model_dump() | refusal.settings)
        words = command(output, 3, refusal.inputs, changed)
        assert fork(lambda words=words: (setattr(segment, "run_segment", None), run_script(words)), log) == 1, case
        message = log.read_text()
        assert re.search(refusal.message, message), f"{case}: {message}"
        assert message.startswith("error: "), case
        assert "Traceback" not in message, case
        assert not output.exists(), case
