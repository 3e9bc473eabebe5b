"""F1 and exact match of sets of labels."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.metrics.per_example import Ratio, percent, ratio

Sets = Sequence[Collection[str]]


class MacroF1(NamedTuple):
    """The mean over labels of their F1, in percent: of the labels that are gold or predicted somewhere.

    Both are [examples, labels]: labels that are right, and labels that are gold plus labels that are predicted.
    """

    right: NDArray[np.int64]
    either: NDArray[np.int64]

    @property
    def examples(self) -> int:
        return len(self.right)

    @property
    def percent(self) -> float:
        return self.resampled(np.ones(len(self.right), np.int64))

    def resampled(self, times: NDArray[np.int64]) -> float:
        right, either = times @ self.right, times @ self.either
        found = either > 0
        return float(percent(2 * right[found], either[found]).mean()) if found.any() else 0.0


class SetMetrics(NamedTuple):
    """Micro F1 counts labels over all examples; it is 0 where no label is gold or predicted."""

    micro_f1: Ratio
    macro_f1: MacroF1
    exact_match: Ratio


def set_metrics(gold: Sets, predicted: Sets) -> SetMetrics:
    """Scores of the sets of labels of each example, empty ones too; no set holds a label twice.

    Raises:
        ValueError: the lengths differ, or there is nothing to score.
    """
    if not gold:
        raise ValueError("no examples to score")
    names = sorted({label for labels in (*gold, *predicted) for label in labels})
    right, guess = _indicators(gold, names), _indicators(predicted, names)
    hits, either = right & guess, right.astype(np.int64) + guess
    return SetMetrics(
        ratio(2 * hits.sum(axis=1), either.sum(axis=1)),
        MacroF1(hits.astype(np.int64), either),
        ratio([{*labels} == {*guesses} for labels, guesses in zip(gold, predicted, strict=True)], 1),
    )


def _indicators(sets: Sets, names: Sequence[str]) -> NDArray[np.bool_]:
    """[examples, labels]"""
    places = {name: place for place, name in enumerate(names)}
    indicators = np.zeros((len(sets), len(names)), np.bool_)
    for row, labels in zip(indicators, sets, strict=True):
        row[[places[label] for label in labels]] = True
    return indicators
