"""Macro F1 and Matthews's correlation of classes, from how often each class was taken for each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.metrics.per_example import Ratio, percent, ratio

Confusion = NDArray[np.float64]  # [gold classes, predicted classes]


class Pairs(NamedTuple):
    """The gold and the predicted class of each example, as places among all classes: both [examples]."""

    gold: NDArray[np.int64]
    predicted: NDArray[np.int64]
    classes: int

    def confusion(self, times: NDArray[np.int64]) -> Confusion:
        """Of a test set that holds each example so many times."""
        cells = np.bincount(self.gold * self.classes + self.predicted, times, minlength=self.classes**2)
        return np.asarray(cells, np.float64).reshape(self.classes, self.classes)


class MacroF1(NamedTuple):
    """The mean over classes of their F1, in percent: of the classes that are gold or predicted somewhere."""

    pairs: Pairs

    @property
    def examples(self) -> int:
        return len(self.pairs.gold)

    @property
    def percent(self) -> float:
        return self.resampled(np.ones(self.examples, np.int64))

    def resampled(self, times: NDArray[np.int64]) -> float:
        confusion = self.pairs.confusion(times)
        either = confusion.sum(axis=0) + confusion.sum(axis=1)
        found = either > 0
        return float(percent(2 * confusion.diagonal()[found], either[found]).mean())


class Mcc(NamedTuple):
    """Matthews's correlation coefficient of any number of classes (Gorodkin, 2004), times 100: from -100 to 100.

    It is 0 where it is not defined: all examples are, or all are predicted, of one class.
    """

    pairs: Pairs

    @property
    def examples(self) -> int:
        return len(self.pairs.gold)

    @property
    def percent(self) -> float:
        return self.resampled(np.ones(self.examples, np.int64))

    def resampled(self, times: NDArray[np.int64]) -> float:
        confusion = self.pairs.confusion(times)
        gold, predicted, total = confusion.sum(axis=1), confusion.sum(axis=0), confusion.sum()
        spread = float((total**2 - gold @ gold) * (total**2 - predicted @ predicted))
        covariance = float(confusion.trace() * total - gold @ predicted)
        return 100 * covariance / spread**0.5 if spread else 0.0


def pairs_of(gold: Sequence[str], predicted: Sequence[str]) -> Pairs:
    """Classes that are predicted only are classes too.

    Raises:
        ValueError: the lengths differ, or there is nothing to score.
    """
    if not gold or len(gold) != len(predicted):
        raise ValueError(f"{len(gold)} labels, {len(predicted)} predicted ones")
    names, places = np.unique(np.array([*gold, *predicted], dtype=object), return_inverse=True)
    return Pairs(places[: len(gold)], places[len(gold) :], len(names))


def f1_of(label: str, gold: Sequence[str], predicted: Sequence[str]) -> Ratio:
    """F1 of one class; 0 where it is neither gold nor predicted."""
    right = [2 * (each == guess == label) for each, guess in zip(gold, predicted, strict=True)]
    return ratio(right, [(each == label) + (guess == label) for each, guess in zip(gold, predicted, strict=True)])
