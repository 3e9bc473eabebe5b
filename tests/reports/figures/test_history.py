"""The metrics of segments, joined."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.reports.figures.history import end_curve, loss_names, read_history, smoothed, step_curve

Metrics = Callable[..., Path]


def test_segments_are_joined_in_the_order_of_their_steps(metrics: Metrics) -> None:
    last = metrics(range(3, 5), validation={"accuracy": 0.5})
    first = metrics(range(1, 3), validation={"accuracy": 0.25}, teacher_validation={"accuracy": 0.75})
    history = read_history([last, first])
    assert [line["step"] for line in history.steps] == [1, 2, 3, 4]
    assert [values.tolist() for values in end_curve(history, "validation", "accuracy")] == [[2, 4], [0.25, 0.5]]
    assert [values.tolist() for values in end_curve(history, "teacher_validation", "accuracy")] == [[2], [0.75]]


def test_segments_of_two_cuts_of_a_chain_give_each_step_once(metrics: Metrics) -> None:
    history = read_history([metrics(range(1, 3)), metrics(range(1, 5))])
    assert [line["step"] for line in history.steps] == [1, 2, 3, 4]


def test_a_curve_leaves_out_the_steps_that_lack_its_value(metrics: Metrics) -> None:
    history = read_history([metrics(range(1, 4), ["distillation", "masked_lm"])])
    assert step_curve(history, "gradient_norm").steps.tolist() == [1, 3]
    assert step_curve(history, "losses", "cosine").steps.tolist() == []
    assert end_curve(history, "validation", "accuracy").steps.tolist() == []
    assert loss_names(history) == ["distillation", "masked_lm"]


@pytest.mark.parametrize("line", ["{", "[]", "3", '{"loss": 1}', '{"step": "one"}'])
def test_a_line_that_is_none_of_metrics_is_named(metrics: Metrics, line: str) -> None:
    path = metrics(range(1, 3))
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(UserError, match=rf"{path.name}, line 4: expected a JSON object with the metrics of a step"):
        read_history([path])


def test_metrics_without_a_step_are_refused(tmp_path: Path) -> None:
    (tmp_path / "step-1.jsonl").write_text("")
    with pytest.raises(UserError, match="no step in these metrics"):
        read_history([tmp_path / "step-1.jsonl"])
    with pytest.raises(UserError, match=r"step-2\.jsonl: no readable metrics"):
        read_history([tmp_path / "step-2.jsonl"])


@given(st.lists(st.floats(-1e6, 1e6), max_size=50), st.integers(0, 60))
def test_smoothing_takes_the_mean_of_the_neighbors(values: list[float], window: int) -> None:
    half = window // 2
    expected = [np.mean(values[max(0, place - half) : place + half + 1]) for place in range(len(values))]
    assert smoothed(np.array(values), window) == pytest.approx(np.array(expected, float), abs=1e-6)
