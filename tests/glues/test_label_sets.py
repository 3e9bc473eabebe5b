"""Scores of sets of labels beside scikit-learn's."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score
from sklearn.preprocessing import MultiLabelBinarizer

from distilbeto.glues.metrics.by_kind import measure_label_sets
from distilbeto.glues.metrics.intervals import intervals
from distilbeto.glues.metrics.label_sets import set_metrics

label_sets = st.sets(st.sampled_from(["a", "b", "a,b", "año", "Z"])).map(sorted)


def expected(gold: Sequence, predicted: Sequence) -> dict[str, float]:
    """By scikit-learn, over the labels that occur."""
    binarizer = MultiLabelBinarizer().fit([*gold, *predicted])
    if not len(binarizer.classes_):
        return {"micro_f1": 0.0, "macro_f1": 0.0, "exact_match": 100.0}
    arrays = binarizer.transform(gold), binarizer.transform(predicted)
    one = len(binarizer.classes_) == 1  # scikit-learn takes a single column for two classes
    scores = {
        f"{mean}_f1": f1_score(*arrays, average="binary" if one else mean, zero_division=0)
        for mean in ("micro", "macro")
    }
    return {name: 100 * score for name, score in (scores | {"exact_match": accuracy_score(*arrays)}).items()}


@settings(max_examples=1000)
@given(st.lists(st.tuples(label_sets, label_sets), min_size=1, max_size=8), st.integers(0, 2**31))
def test_scores_and_those_of_resamples_are_scikit_learns(pairs: list, seed: int) -> None:
    gold, predicted = map(list, zip(*pairs, strict=True))
    found = measure_label_sets(gold, predicted)
    assert found.metrics == pytest.approx(expected(gold, predicted))
    drawn = np.random.default_rng(seed).integers(len(gold), size=len(gold))
    again = expected([gold[place] for place in drawn], [predicted[place] for place in drawn])
    times = np.bincount(drawn, minlength=len(gold))
    assert {name: metric.resampled(times) for name, metric in found.ratios.items()} == pytest.approx(again)


def test_thousands_of_random_cases_are_scikit_learns() -> None:
    """Of up to 40 examples and 12 labels, rare and frequent ones."""
    random = np.random.default_rng(0)
    names = np.array([f"label {number}" for number in range(12)])
    for _ in range(2000):
        count, known = int(random.integers(1, 40)), names[: random.integers(1, 13)]
        frequent = random.random(len(known)) ** 2
        gold = random.random((count, len(known))) < frequent
        predicted = np.where(random.random(gold.shape) < random.random(), gold, random.random(gold.shape) < frequent)
        sets = [[known[row].tolist() for row in indicators] for indicators in (gold, predicted)]
        scores = {name: metric.percent for name, metric in set_metrics(*sets)._asdict().items()}
        assert scores == pytest.approx(expected(*sets))


def test_the_baseline_is_the_most_frequent_set() -> None:
    gold = [["a", "b"], ["b", "a"], ["a"], []]
    assert measure_label_sets(gold, gold).baseline == pytest.approx(expected(gold, [["a", "b"]] * 4))
    assert measure_label_sets([[], [], ["a"]], [[], [], []]).baseline == pytest.approx(
        {"micro_f1": 0.0, "macro_f1": 0.0, "exact_match": 200 / 3}
    )


def test_they_have_intervals() -> None:
    gold = [["a", "b"], ["a"], [], ["b"]] * 20
    predicted = [["a"], ["a"], [], ["a"]] * 20
    measured = measure_label_sets(gold, predicted)
    found = intervals(measured.ratios)
    assert list(found) == ["micro_f1", "macro_f1", "exact_match"]
    for name, (low, high) in found.items():
        assert low < measured.metrics[name] < high
