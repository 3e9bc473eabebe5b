"""A training's history as TensorBoard's event files: one a segment, so that a training that goes on only adds to them.

A file is named by the last step of its segment, and the time of an event is what the steps up to it took, from 0: equal
metrics give equal files.
"""

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from tensorboardX.proto.event_pb2 import Event
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import RecordWriter

from distilbeto.reports.figures.history import History
from distilbeto.storage.files import replacing

PREFIX = "events.out.tfevents"
VERSION = "brain.Event:2"


class Scalars(NamedTuple):
    """Values {tag: value} at a step of the segment that ends at step `end`, `seconds` after the training began."""

    end: int
    step: int
    seconds: float
    values: dict[str, float]


def write_events(history: History, folder: Path) -> list[Path]:
    """Write an event file for each segment of `history` into `folder`; those of other segments are taken away."""
    written = []
    for end, scalars in groupby(scalars_of(history), key=lambda found: found.end):
        path = folder / f"{PREFIX}.{end:07d}"
        with replacing(path) as temporary:
            _write(temporary, scalars)
        written.append(path)
    for leftover in set(folder.glob(f"{PREFIX}.*")) - set(written):
        leftover.unlink()
    return written


def scalars_of(history: History) -> Iterator[Scalars]:
    """What TensorBoard shows of each step, and of the held-out sequences at the ends of segments, in order of steps.

    The teacher, evaluated once, is repeated at each end, so that its curve is a line.
    """
    ends = {line["step"]: line for line in history.ends}
    segments = sorted({*ends, history.steps[-1]["step"]})
    teacher: dict[str, float] = {}
    seconds = 0.0
    for line in history.steps:
        step = line["step"]
        end = segments[bisect_left(segments, step)]
        seconds += line["tokens"] / line["tokens_per_second"]
        yield Scalars(end, step, seconds, _tagged("train", line) | _tagged("train", line["losses"]))
        if step in ends:
            teacher = ends[step].get("teacher_validation", teacher)
            values = _tagged("validation", ends[step].get("validation", {})) | _tagged("teacher", teacher)
            yield Scalars(end, step, seconds, values)


def _tagged(group: str, values: dict[str, Any]) -> dict[str, float]:
    """The numbers among `values`, but the step itself; TensorBoard shows those of a group together."""
    return {
        f"{group}/{name}": value for name, value in values.items() if isinstance(value, int | float) and name != "step"
    }


def _write(path: Path, scalars: Iterator[Scalars]) -> None:
    with closing(RecordWriter(str(path))) as writer:
        writer.write(Event(file_version=VERSION).SerializeToString())
        for found in scalars:
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in found.values.items()]
            event = Event(step=found.step, wall_time=found.seconds, summary=Summary(value=values))
            writer.write(event.SerializeToString(deterministic=True))
