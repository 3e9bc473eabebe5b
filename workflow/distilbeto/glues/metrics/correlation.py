"""Correlations of predicted and right numbers: Pearson's, Spearman's, and EvalES's mean of both."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Pearson(NamedTuple):
    """Pearson's r, in percent. It is 0 where it is not defined: all right or all predicted numbers are equal."""

    gold: Floats
    predicted: Floats

    @property
    def examples(self) -> int:
        return len(self.gold)

    @property
    def percent(self) -> float:
        return self.resampled(np.ones(len(self.gold), np.int64))

    def resampled(self, times: NDArray[np.int64]) -> float:
        drawn = times > 0
        return 100 * _pearson(self.gold[drawn], self.predicted[drawn], times[drawn].astype(np.float64))


class Spearman(NamedTuple):
    """Spearman's rho, in percent: Pearson's r of the ranks, of which equal numbers share the mean of theirs.

    `gold` and `predicted` are the places of the numbers among all that differ.
    """

    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]

    @property
    def examples(self) -> int:
        return len(self.gold)

    @property
    def percent(self) -> float:
        return self.resampled(np.ones(len(self.gold), np.int64))

    def resampled(self, times: NDArray[np.int64]) -> float:
        return Pearson(_ranks(self.gold, times), _ranks(self.predicted, times)).resampled(times)


class Combined(NamedTuple):
    """The mean of both, as EvalES has it."""

    pearson: Pearson
    spearman: Spearman

    @property
    def examples(self) -> int:
        return self.pearson.examples

    @property
    def percent(self) -> float:
        return (self.pearson.percent + self.spearman.percent) / 2

    def resampled(self, times: NDArray[np.int64]) -> float:
        return (self.pearson.resampled(times) + self.spearman.resampled(times)) / 2


def correlations(gold: Sequence[float], predicted: Sequence[float]) -> Combined:
    """Correlations of numbers that may be of any size.

    Raises:
        ValueError: the lengths differ, there is nothing to score, or something is no number.
    """
    right, guess = _numbers(gold), _numbers(predicted)
    if len(right) != len(guess):
        raise ValueError(f"{len(right)} numbers, {len(guess)} predicted ones")
    return Combined(Pearson(right, guess), Spearman(_places(right), _places(guess)))


def _numbers(values: ArrayLike) -> Floats:
    array = np.asarray(values, np.float64)
    if not len(array) or not np.isfinite(array).all():
        raise ValueError("no numbers to score")
    return array


def _places(values: Floats) -> NDArray[np.int64]:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _ranks(places: NDArray[np.int64], times: NDArray[np.int64]) -> Floats:
    """The rank of each number, from 1, where each stands there `times` times."""
    counts = np.bincount(places, times)
    return (counts.cumsum() - (counts - 1) / 2)[places]


def _pearson(first: Floats, second: Floats, weights: Floats) -> float:
    """Of numbers that count `weights` times. Where all of one are equal it is 0, no quotient of rounding errors."""
    if first.min() == first.max() or second.min() == second.max():
        return 0.0
    left, right = _centred(first, weights), _centred(second, weights)
    covariance = float(weights @ (left * right))
    return float(np.clip(covariance / np.sqrt((weights @ left**2) * (weights @ right**2)), -1, 1))


def _centred(values: Floats, weights: Floats) -> Floats:
    """Differences from the mean, of about 1, whose squares neither overflow nor vanish."""
    for _ in range(2):  # the first time the mean is as exact as its numbers are large, the second as these differ
        values = values / np.abs(values).max()
        values = values - np.average(values, weights=weights)
    return values
