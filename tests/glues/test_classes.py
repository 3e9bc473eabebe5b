"""Macro F1, Matthews's correlation and the F1 of one class, held against scikit-learn; their intervals."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.by_kind import measure_labels, reported_metrics
from distilbeto.glues.metrics.intervals import intervals

metrics = pytest.importorskip("sklearn.metrics")

label = st.sampled_from(["a", "b", "c", "ñ", "0", "1", "1.0", "a.b", ""])
few = st.sampled_from(["0", "1"])
pairs = st.lists(st.tuples(label, label), min_size=1, max_size=30) | st.lists(
    st.tuples(few, few), min_size=1, max_size=30
)


def by_sklearn(gold: list[str], predicted: list[str], positive: str) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {
            "accuracy": metrics.accuracy_score(gold, predicted),
            "macro_f1": metrics.f1_score(gold, predicted, average="macro", zero_division=0),
            "mcc": metrics.matthews_corrcoef(gold, predicted),
            "f1": metrics.f1_score(gold, predicted, labels=[positive], average="macro", zero_division=0),
        }
    return {name: 100 * float(value) for name, value in found.items()}


@settings(max_examples=600)
@given(pairs, label)
def test_they_are_those_of_scikit_learn(cases: list[tuple[str, str]], positive: str) -> None:
    gold, predicted = [right for right, _ in cases], [guess for _, guess in cases]
    measured = measure_labels(gold, predicted, positive)
    assert measured.metrics == pytest.approx(by_sklearn(gold, predicted, positive), abs=1e-9)
    guess = max(dict.fromkeys(gold), key=gold.count)
    assert measured.baseline == pytest.approx(by_sklearn(gold, [guess] * len(gold), positive), abs=1e-9)


@settings(max_examples=20)
@given(pairs)
def test_intervals_are_percentiles_over_resampled_examples(cases: list[tuple[str, str]]) -> None:
    generator, scores = np.random.default_rng(3), []
    for _ in range(40):
        drawn = [cases[place] for place in generator.integers(len(cases), size=len(cases))]
        found = by_sklearn([right for right, _ in drawn], [guess for _, guess in drawn], "1")
        scores.append([found[name] for name in ("macro_f1", "mcc", "f1")])
    expected = np.percentile(scores, [2.5, 97.5], axis=0)
    measured = measure_labels([right for right, _ in cases], [guess for _, guess in cases], "1")
    found = intervals(measured.resampled, resamples=40, seed=3)
    for place, name in enumerate(("macro_f1", "mcc", "f1")):
        assert found[name] == pytest.approx(tuple(expected[:, place]), abs=1e-9)


@pytest.mark.parametrize(
    ("gold", "predicted", "macro_f1", "mcc"),
    [
        ("aab", "aab", 100, 100),
        ("ab", "ba", 0, -100),
        ("aaa", "aaa", 100, 0),  # one class alone: no correlation
        ("aab", "aaa", 40, 0),
        ("aabb", "aaxx", 100 / 3, None),  # a class that only the predictions have counts, with F1 0
    ],
)
def test_by_hand(gold: str, predicted: str, macro_f1: float, mcc: float | None) -> None:
    found = measure_labels(list(gold), list(predicted)).metrics
    assert found["macro_f1"] == pytest.approx(macro_f1)
    assert mcc is None or found["mcc"] == pytest.approx(mcc)


def test_the_metric_of_a_task_is_the_one_that_is_reported() -> None:
    kind = TaskKind.SEQUENCE_CLASSIFICATION
    assert reported_metrics(kind, spans=False).official == ("accuracy",)
    assert reported_metrics(kind, spans=False, metric="mcc") == (("mcc",), ("mcc",))
    squad_v2 = ("squad_v2.f1", "squad_v2.exact_match")
    assert reported_metrics(TaskKind.QUESTION_ANSWERING, spans=False, unanswerable=True) == (squad_v2, squad_v2)
