"""How far a score would move with another test set of the same kind: bootstrap intervals."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.metrics.per_example import Ratio, percent

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 0

Interval = tuple[float, float]


def intervals(ratios: Mapping[str, Ratio], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Interval]:
    """The percentile interval (Efron & Tibshirani, 1993, chapter 13) of each metric, in percent, at 95 %.

    Examples (sentences, pairs, questions) are drawn with replacement, as many as there are; words or spans of a
    sentence stay together. All metrics are taken of the same resamples. The same ratios give the same intervals.
    """
    if not ratios:
        return {}
    numerators = np.stack([ratio.numerators for ratio in ratios.values()], axis=1)
    denominators = np.stack([ratio.denominators for ratio in ratios.values()], axis=1)
    sums = _resampled_sums(np.concatenate([numerators, denominators], axis=1), resamples, seed)
    values = percent(sums[:, : len(ratios)], sums[:, len(ratios) :])
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(values, [tail, 100 - tail], axis=0)
    return {name: (float(low[place]), float(high[place])) for place, name in enumerate(ratios)}


def _resampled_sums(terms: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """Column sums of `terms` [examples, columns] over each resample: [resamples, columns].

    A resample is held as how often it takes each example, so that its sums are one product.
    """
    generator, examples = np.random.default_rng(seed), len(terms)
    sums = np.empty((resamples, terms.shape[1]))
    for row in sums:
        times = np.bincount(generator.integers(examples, size=examples), minlength=examples)
        row[:] = times @ terms
    return sums
