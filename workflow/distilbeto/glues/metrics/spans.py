"""Precision, recall and F1 of labeled spans, as the conlleval script of CoNLL-2000 to 2003 counts them."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

Sentences = Sequence[Sequence[str]]
Span = tuple[str, int, int]


class SpanScores(NamedTuple):
    """In percent; 0 where the denominator is 0."""

    precision: float
    recall: float
    f1: float


def score_spans(gold: Sentences, predicted: Sentences) -> dict[str, SpanScores]:
    """Micro scores over all spans under the key "", and the scores of each type that is gold or predicted.

    Both hold one tag (O, B-TYPE, I-TYPE) a word. A span is right if its type and both ends are. Any I- that does not
    continue a span of its type begins one: seqeval's default mode, equal to conlleval.

    Raises:
        ValueError: a sentence has not as many predicted as gold tags.
    """
    for gold_tags, predicted_tags in zip(gold, predicted, strict=True):
        if len(gold_tags) != len(predicted_tags):
            raise ValueError(f"{len(gold_tags)} gold tags, {len(predicted_tags)} predicted ones")
    gold_spans, predicted_spans = _spans(gold), _spans(predicted)
    counts = [_count_by_type(spans) for spans in (gold_spans & predicted_spans, predicted_spans, gold_spans)]
    return {kind: _scores(*(count[kind] for count in counts)) for kind in sorted({"", *counts[1], *counts[2]})}


def _spans(sentences: Sentences) -> set[Span]:
    from seqeval.metrics.sequence_labeling import get_entities

    # The O keeps a span from running on into the next sentence.
    return set(get_entities([tag for tags in sentences for tag in (*tags, "O")]))


def _count_by_type(spans: set[Span]) -> Counter[str]:
    return Counter(kind for kind, _, _ in spans) + Counter({"": len(spans)})


def _scores(right: int, predicted: int, gold: int) -> SpanScores:
    return SpanScores(
        100 * right / predicted if predicted else 0.0,
        100 * right / gold if gold else 0.0,
        200 * right / (predicted + gold) if right else 0.0,
    )
