"""The metrics of a training, as its segments write them."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

Metrics = Callable[..., Path]


def step_line(step: int, **losses: float) -> dict[str, Any]:
    return {
        "step": step,
        "loss": sum(losses.values()),
        "losses": losses,
        "learning_rate": 0.001,
        "gradient_norm": None if step == 2 else 0.5,
        "tokens": 100,
        "padding_share": 0.25,
        "tokens_per_second": 200.0,
    }


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    """Write the metrics of a segment; losses fall as 1 / step. `ends` goes into its last line."""

    def write(steps: Iterable[int], losses: Iterable[str] = ("masked_lm",), name: str = "run", **ends: Any) -> Path:
        lines = [step_line(step, **dict.fromkeys(losses, 1 / step)) for step in steps]
        closing = {"step": lines[-1]["step"], **ends, "data": {}, "provenance": {}}
        path = tmp_path / name / f"step-{closing['step']:07d}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, closing]))
        return path

    return write
