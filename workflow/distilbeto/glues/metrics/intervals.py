"""How far a score would move with another test set of the same kind: bootstrap intervals."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.metrics.per_example import Metric, Ratio, percent

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 0

Interval = tuple[float, float]


def intervals(metrics: Mapping[str, Metric], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Interval]:
    """The percentile interval (Efron & Tibshirani, 1993, chapter 13) of each metric, in percent, at 95 %.

    Examples (sentences, pairs, questions) are drawn with replacement, as many as there are; words or spans of a
    sentence stay together. All metrics are taken of the same resamples. The same metrics give the same intervals.
    """
    ratios = {name: metric for name, metric in metrics.items() if isinstance(metric, Ratio)}
    others = {name: metric for name, metric in metrics.items() if not isinstance(metric, Ratio)}
    values = _resampled_ratios(ratios, resamples, seed) | {
        name: [metric.resampled(times) for times in _resamples(metric.examples, resamples, seed)]
        for name, metric in others.items()
    }
    tail = 50 * (1 - CONFIDENCE)
    bounds = {name: np.percentile(of_metric, [tail, 100 - tail]) for name, of_metric in values.items()}
    return {name: (float(bounds[name][0]), float(bounds[name][1])) for name in metrics}


def _resamples(examples: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each resample takes each example: int64 [examples]. The same for the same numbers."""
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(generator.integers(examples, size=examples), minlength=examples)


def _resampled_ratios(ratios: Mapping[str, Ratio], resamples: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """The values [resamples] of each; all sums of a resample are one product."""
    if not ratios:
        return {}
    numerators = np.stack([ratio.numerators for ratio in ratios.values()], axis=1)
    denominators = np.stack([ratio.denominators for ratio in ratios.values()], axis=1)
    terms = np.concatenate([numerators, denominators], axis=1)
    sums = np.stack([times @ terms for times in _resamples(len(terms), resamples, seed)])
    values = percent(sums[:, : len(ratios)], sums[:, len(ratios) :])
    return dict(zip(ratios, values.T, strict=True))
