"""What the metrics of a training's segments say, joined to one history."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError


class History(NamedTuple):
    """The metrics of each step; and of the held-out sequences at the ends of segments. Both in the order of steps.

    Of a step: loss, losses {name: value}, learning_rate, gradient_norm, tokens, tokens_per_second and so on. Of an end:
    validation {name: value} and, where the teacher was evaluated, teacher_validation.
    """

    steps: list[dict[str, Any]]
    ends: list[dict[str, Any]]


class Curve(NamedTuple):
    """Values [n] at steps [n]."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


def read_history(paths: Iterable[Path]) -> History:
    """Join the metrics of segments, in whatever order; of a step that two segments hold, the later path's count.

    Raises:
        UserError: a file is missing, or a line of it is not one of metrics.
    """
    steps: dict[int, dict[str, Any]] = {}
    ends: dict[int, dict[str, Any]] = {}
    for path in paths:
        for line in _lines(path):
            (steps if "losses" in line else ends)[line["step"]] = line
    if not steps:
        raise UserError("no step in these metrics", remedy="Give the step-*.jsonl files of a student.")
    return History([steps[step] for step in sorted(steps)], [ends[step] for step in sorted(ends)])


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise UserError(f"no readable metrics: {error}", where=path) from None
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            metrics = json.loads(line)
            metrics["step"] + 0
        except (json.JSONDecodeError, TypeError, KeyError):
            raise UserError("expected a JSON object with the metrics of a step", where=path, line=number) from None
        yield metrics


def loss_names(history: History) -> list[str]:
    """The losses of a training, in the order of its metrics."""
    return list(history.steps[-1]["losses"])


def step_curve(history: History, *keys: str) -> Curve:
    """What stands under `keys` in the metrics of each step; steps without it are left out."""
    return _curve(history.steps, keys)


def end_curve(history: History, *keys: str) -> Curve:
    """What stands under `keys` in the metrics of each segment's end; ends without it are left out."""
    return _curve(history.ends, keys)


def _curve(lines: list[dict[str, Any]], keys: tuple[str, ...]) -> Curve:
    found = [(line["step"], value) for line in lines if (value := _under(line, keys)) is not None]
    return Curve(np.array([step for step, _ in found], np.int64), np.array([value for _, value in found], np.float64))


def _under(line: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        line = line.get(key) if isinstance(line, dict) else None
    return line


def smoothed(values: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """The mean of the `window` values around each of `values` [n]; of those that there are, near both ends."""
    before = np.concatenate([[0.0], np.cumsum(values)])
    middle = np.arange(values.size)
    first, last = np.maximum(middle - window // 2, 0), np.minimum(middle + window // 2 + 1, values.size)
    means: NDArray[np.float64] = (before[last] - before[first]) / (last - first)
    return means
