"""Event files: what TensorBoard reads in them."""

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from google_crc32c import value as crc32c
from tensorboardX.proto.event_pb2 import Event

from distilbeto.reports.figures.history import read_history
from distilbeto.reports.figures.tensorboard import scalars_of, write_events

SCRIPT = Path(__file__).parents[3] / "scripts" / "write_tensorboard.py"

Metrics = Callable[..., Path]


def masked_checksum(content: bytes) -> int:
    checksum = crc32c(content)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def events(path: Path) -> list[Event]:
    """The records of a file: length, its checksum, content, its checksum."""
    content, found = path.read_bytes(), []
    while content:
        length, of_length = struct.unpack("<QI", content[:12])
        record, (of_record,) = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])
        assert (of_length, of_record) == (masked_checksum(content[:8]), masked_checksum(record))
        found.append(Event.FromString(record))
        content = content[16 + length :]
    return found


@pytest.fixture
def segments(metrics: Metrics) -> list[Path]:
    teacher = {"accuracy": 0.75}
    return [
        metrics(range(1, 3), ["masked_lm", "cosine"], validation={"accuracy": 0.25}, teacher_validation=teacher),
        metrics(range(3, 5), ["masked_lm", "cosine"], validation={"accuracy": 0.5}),
    ]


def test_every_number_of_a_step_and_of_the_held_out_text_is_there(segments: list[Path], tmp_path: Path) -> None:
    first, second = write_events(read_history(segments), tmp_path / "events")
    assert [path.name for path in (first, second)] == ["events.out.tfevents.0000002", "events.out.tfevents.0000004"]
    version, *steps = events(second)
    assert version.file_version == "brain.Event:2"
    found = [(event.step, {value.tag: value.simple_value for value in event.summary.value}) for event in steps]
    assert [step for step, _ in found] == [3, 4, 4]
    assert found[0][1] == pytest.approx(
        {
            "train/loss": 2 / 3,
            "train/masked_lm": 1 / 3,
            "train/cosine": 1 / 3,
            "train/learning_rate": 0.001,
            "train/gradient_norm": 0.5,
            "train/tokens": 100,
            "train/padding_share": 0.25,
            "train/tokens_per_second": 200,
        }
    )
    assert found[-1][1] == {"validation/accuracy": 0.5, "teacher/accuracy": 0.75}


def test_the_time_of_an_event_is_that_of_the_steps_up_to_it(segments: list[Path]) -> None:
    seconds = [(found.step, found.seconds) for found in scalars_of(read_history(segments))]
    assert seconds == [(1, 0.5), (2, 1.0), (2, 1.0), (3, 1.5), (4, 2.0), (4, 2.0)]


def test_a_training_that_goes_on_adds_a_file_and_changes_none(segments: list[Path], tmp_path: Path) -> None:
    (early,) = write_events(read_history(segments[:1]), tmp_path)
    before = early.read_bytes()
    assert write_events(read_history(segments), tmp_path)[0] == early
    assert early.read_bytes() == before


def test_files_of_another_cut_of_the_chain_are_taken_away(metrics: Metrics, tmp_path: Path) -> None:
    write_events(read_history([metrics(range(1, 4))]), tmp_path / "events")
    write_events(read_history([metrics(range(1, 6), name="other")]), tmp_path / "events")
    assert [path.name for path in (tmp_path / "events").iterdir()] == ["events.out.tfevents.0000005"]


def test_the_script_makes_a_folder_of_event_files(segments: list[Path], tmp_path: Path) -> None:
    arguments = ["--metrics", *segments, "--output", tmp_path / "tensorboard"]
    done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "tensorboard").iterdir())) == 2
