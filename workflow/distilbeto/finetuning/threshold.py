"""Thresholds: that above which a label is predicted, one for all labels, and that above which there is no answer."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.examples import Candidate

USUAL = 0.5


def best_threshold(probabilities: NDArray[np.float64], gold: NDArray[np.bool_]) -> float:
    """The threshold of the highest micro F1 on the development set; both are [examples, labels].

    `gold` is true for the labels that are right. The threshold lies in the middle between two probabilities. Of several
    that are as good, the nearest to 0.5 is taken: 0.5 itself where it is one of them, and where no label is right.
    """
    if not gold.any():
        return USUAL
    order = np.argsort(-probabilities, axis=None, kind="stable")
    scores, right = probabilities.ravel()[order], gold.ravel()[order]
    predicted = np.arange(1, len(scores) + 1)
    f1 = 2 * right.cumsum() / (predicted + right.sum())  # of the most probable label, the two most probable ...
    ends = np.flatnonzero(np.diff(scores, append=-np.inf))  # equal probabilities are predicted together
    f1, lowest, below = f1[ends], scores[ends], np.append(scores[ends[1:]], 0)
    middle = (lowest + below) / 2
    thresholds = np.where(middle > below, middle, lowest)
    usual = np.flatnonzero((below < USUAL) & (lowest >= USUAL))
    thresholds[usual] = USUAL
    best = np.flatnonzero(f1 == f1.max())
    return float(thresholds[best[np.abs(thresholds[best] - USUAL).argmin()]])


def above_threshold(candidates: Mapping[str, "Candidate"], threshold: float) -> dict[str, str]:
    """The best span of each question; empty, for no answer, where its score of no answer is over the threshold."""
    return {
        name: "" if candidate.no_answer_score > threshold else candidate.span for name, candidate in candidates.items()
    }
