"""Correlations beside scipy's, and beside fractions where scipy's floats do not suffice."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from distilbeto.glues.metrics.by_kind import measure_numbers
from distilbeto.glues.metrics.correlation import correlations
from distilbeto.glues.metrics.intervals import intervals

grades = st.sampled_from([0.0, 1.0, 2.0, 2.5, 3.0, 5.0])
adversarial = st.sampled_from([0.0, -0.0, 0.1, 1e-300, 5e-324, -1e300, 1e300, 1.7e308, -1.7e308, 1e8, 1e8 + 1e-7, 1.0])
floats = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))


def fraction_of_squares(gold: list[float], predicted: list[float]) -> Fraction:
    """Pearson's r squared with its sign, exactly; 0 where it is not defined."""
    first, second = (list(map(Fraction, values)) for values in (gold, predicted))
    means = [sum(values) / len(values) for values in (first, second)]
    first, second = ([value - mean for value in values] for values, mean in zip((first, second), means, strict=True))
    covariance = sum(left * right for left, right in zip(first, second, strict=True))
    spread = sum(value**2 for value in first) * sum(value**2 for value in second)
    return Fraction(0) if spread == 0 else covariance * abs(covariance) / spread


def test_thousands_of_random_cases_are_scipys() -> None:
    """Of 1 to 60 numbers: continuous, with ties in one or in both, small, large, shifted."""
    random, cases = np.random.default_rng(0), 0
    for case in range(4000):
        count = int(random.integers(1, 60))
        gold = random.normal(size=count) if case % 2 else random.integers(0, 6, count).astype(float)
        predicted = gold * random.normal() + random.normal(size=count) * random.choice([0, 0.3, 3])
        predicted = predicted.round(int(random.integers(0, 3))) if case % 3 == 0 else predicted
        gold, predicted = gold * 10.0 ** random.integers(-5, 6), predicted + random.choice([0, 1, -1000])
        found = correlations(gold.tolist(), predicted.tolist())
        if count == 1 or len({*gold}) == 1 or len({*predicted}) == 1:
            expected = (0.0, 0.0)
        else:
            cases += 1
            expected = (100 * stats.pearsonr(gold, predicted)[0], 100 * stats.spearmanr(gold, predicted)[0])
        assert (found.pearson.percent, found.spearman.percent) == pytest.approx(expected, abs=1e-7)
        assert found.percent == pytest.approx(sum(expected) / 2, abs=1e-7)
    assert cases > 3000


@settings(max_examples=1500)
@given(st.lists(st.tuples(grades | adversarial | floats, grades | adversarial | floats), min_size=1, max_size=12))
def test_adversarial_numbers_give_what_fractions_give(numbers: list[tuple[float, float]]) -> None:
    """Ties, constants, a single number, huge and tiny ones."""
    gold, predicted = map(list, zip(*numbers, strict=True))
    found = correlations(gold, predicted)
    exact = fraction_of_squares(gold, predicted)
    expected = 100 * np.sign(float(exact)) * abs(float(exact)) ** 0.5
    assert found.pearson.percent == pytest.approx(expected, abs=1e-5)
    ranks = [stats.rankdata(values) for values in (gold, predicted)]
    exact = fraction_of_squares(*(values.tolist() for values in ranks))
    expected = 100 * np.sign(float(exact)) * abs(float(exact)) ** 0.5
    assert found.spearman.percent == pytest.approx(expected, abs=1e-7)


@settings(max_examples=300)
@given(st.lists(st.tuples(grades, grades | floats), min_size=1, max_size=12), st.integers(0, 2**31))
def test_a_resample_is_scored_as_if_it_were_the_test_set(numbers: list[tuple[float, float]], seed: int) -> None:
    gold, predicted = (np.array(values) for values in zip(*numbers, strict=True))
    drawn = np.random.default_rng(seed).integers(len(gold), size=len(gold))
    times = np.bincount(drawn, minlength=len(gold))
    alone, together = correlations(gold[drawn], predicted[drawn]), correlations(gold, predicted)
    for metric, whole in zip((*alone, alone), (*together, together), strict=True):
        assert whole.resampled(times) == pytest.approx(metric.percent, abs=1e-7)


@pytest.mark.parametrize("predicted", [[2.5] * 4, [0.1] * 4, [1e308] * 4])
def test_a_constant_guess_has_no_correlation_and_is_no_nan(predicted: list[float]) -> None:
    measured = measure_numbers([0.0, 1.0, 3.0, 5.0], predicted)
    assert measured.metrics == measured.baseline == {"pearson": 0.0, "spearman": 0.0, "combined": 0.0}
    assert intervals(measured.ratios) == dict.fromkeys(measured.ratios, (0.0, 0.0))


def test_intervals_are_about_those_of_fishers_transformation() -> None:
    random = np.random.default_rng(1)
    gold = random.normal(size=400)
    predicted = gold + random.normal(size=400)
    measured = measure_numbers(gold.tolist(), predicted.tolist())
    with warnings.catch_warnings(action="error"):
        found = intervals(measured.ratios)
    assert list(found) == ["pearson", "spearman", "combined"]
    expected = stats.pearsonr(gold, predicted).confidence_interval(0.95)
    assert found["pearson"] == pytest.approx([100 * bound for bound in expected], abs=1.5)
    low, high = found["combined"]
    assert low < measured.metrics["combined"] < high
