"""Metrics as what resampling the examples of a test set needs: most are a ratio of two sums over them."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Metric(Protocol):
    """A metric of a test set, open to resampling its examples."""

    @property
    def examples(self) -> int: ...

    @property
    def percent(self) -> float:
        """Of all examples, each once."""

    def resampled(self, times: NDArray[np.int64]) -> float:
        """In percent, where the test set holds each example so many times: int64 [examples]."""


class Ratio(NamedTuple):
    """One numerator and one denominator an example: both [examples]."""

    numerators: NDArray[np.float64]
    denominators: NDArray[np.float64]

    @property
    def examples(self) -> int:
        return len(self.numerators)

    @property
    def percent(self) -> float:
        """0 where the denominators sum to 0, as conlleval has it."""
        return float(percent(self.numerators.sum(), self.denominators.sum()))

    def resampled(self, times: NDArray[np.int64]) -> float:
        return float(percent(times @ self.numerators, times @ self.denominators))


def ratio(numerators: ArrayLike, denominators: ArrayLike) -> Ratio:
    """A ratio of plain sequences of equal length; a single denominator stands for all."""
    above = np.asarray(numerators, dtype=np.float64)
    return Ratio(above, np.broadcast_to(np.asarray(denominators, dtype=np.float64), above.shape))


def percent(numerators: ArrayLike, denominators: ArrayLike) -> NDArray[np.float64]:
    """100 times the quotient, elementwise; 0 where the denominator is 0."""
    above, below = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    return 100 * np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def agreement(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Ratio:
    """Equal labels among the labels of each example: accuracy.

    Raises:
        ValueError: the lengths differ, or there is nothing to score.
    """
    if not any(gold):
        raise ValueError("no labels to score")
    right = [
        sum(label == guess for label, guess in zip(labels, guesses, strict=True))
        for labels, guesses in zip(gold, predicted, strict=True)
    ]
    return ratio(right, [len(labels) for labels in gold])
