"""Precision, recall and F1 of labeled spans, as the conlleval script of CoNLL-2000 to 2003 counts them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.metrics.per_example import Ratio, ratio

Sentences = Sequence[Sequence[str]]
Span = tuple[str, int, int]
Counts = NDArray[np.int64]


class SpanScores(NamedTuple):
    """In percent; 0 where the denominator is 0."""

    precision: float
    recall: float
    f1: float


class SpanRatios(NamedTuple):
    """The same, open to resampling: one numerator and one denominator a sentence."""

    precision: Ratio
    recall: Ratio
    f1: Ratio


def score_spans(gold: Sentences, predicted: Sentences) -> dict[str, SpanScores]:
    """Micro scores over all spans under the key "", and the scores of each type that is gold or predicted.

    Both hold one tag (O, B-TYPE, I-TYPE) a word. A span is right if its type and both ends are.

    Raises:
        ValueError: a sentence has not as many predicted as gold tags.
    """
    return {
        kind: SpanScores(*(each.percent for each in ratios)) for kind, ratios in span_ratios(gold, predicted).items()
    }


def span_ratios(gold: Sentences, predicted: Sentences) -> dict[str, SpanRatios]:
    """The ratios behind `score_spans`, with the same keys."""
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        if len(gold_tags) != len(predicted_tags):
            raise ValueError(f"{len(gold_tags)} gold tags, {len(predicted_tags)} predicted ones")
    pairs = [(_spans(right), _spans(guess)) for right, guess in zip(gold, predicted, strict=True)]
    kinds = sorted({kind for pair in pairs for spans in pair for kind, _, _ in spans})
    return {kind: _ratios(pairs, kind) for kind in ("", *kinds)}


def _spans(tags: Sequence[str]) -> set[Span]:
    """Type, first word and word after the last of each span of a sentence.

    A tag continues the span before it if it is an I- of its type. Any other B- or I- begins one: after O, after a span
    of another type, at the start of a sentence. So conlleval counts, and seqeval in its default mode.
    """
    spans = set()
    first, kind = 0, ""
    for place, tag in enumerate((*tags, "O")):
        if kind and tag == f"I-{kind}":
            continue
        if kind:
            spans.add((kind, first, place))
        first, kind = place, tag[2:]
    return spans


def _ratios(pairs: Sequence[tuple[set[Span], set[Span]]], kind: str) -> SpanRatios:
    """Ratios of one type, or of all for ""; a list of (gold, predicted) spans, one a sentence."""
    right, predicted, gold = (
        _count(sets, kind)
        for sets in (
            [gold & guess for gold, guess in pairs],
            [guess for _, guess in pairs],
            [gold for gold, _ in pairs],
        )
    )
    return SpanRatios(ratio(right, predicted), ratio(right, gold), ratio(2 * right, predicted + gold))


def _count(sets: Sequence[set[Span]], kind: str) -> Counts:
    return np.array([len(spans) if not kind else sum(span[0] == kind for span in spans) for spans in sets])
