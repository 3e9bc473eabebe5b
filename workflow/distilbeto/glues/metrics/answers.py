"""F1 and exact match of answers to questions, as SQuAD 1.1 and MLQA define them."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from distilbeto.glues.metrics.per_example import Ratio, ratio

Normalizer = Callable[[str], str]

ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
SPANISH_ARTICLES = re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b")
ASCII_PUNCTUATION = frozenset(string.punctuation)


class AnswerScores(NamedTuple):
    """Means over all questions, in percent."""

    f1: float
    exact_match: float


class AnswerRatios(NamedTuple):
    """The same, open to resampling: one numerator a question, and denominators of 1."""

    f1: Ratio
    exact_match: Ratio


# Each answer is compared several times: with each gold answer, for both metrics, and with the baseline.
@lru_cache(maxsize=2**16)
def normalize_squad(text: str) -> str:
    """Lower case without ASCII punctuation and English articles, single spaces (Rajpurkar et al., 2016)."""
    kept = "".join(character for character in text.lower() if character not in ASCII_PUNCTUATION)
    return " ".join(ENGLISH_ARTICLES.sub(" ", kept).split())


@lru_cache(maxsize=2**16)
def normalize_mlqa_es(text: str) -> str:
    """Lower case without punctuation and Spanish articles, single spaces (Lewis et al., 2020).

    Punctuation is every character of a Unicode category P, and the ASCII symbols $+<=>^`|~ as in SQuAD.
    """
    kept = "".join(character for character in text.lower() if not _is_punctuation(character))
    return " ".join(SPANISH_ARTICLES.sub(" ", kept).split())


def f1(predicted: str, gold: str, normalize: Normalizer) -> float:
    """Overlap of the tokens of two answers, 0 to 1; 0 where normalization leaves nothing of one of them."""
    predicted_tokens, gold_tokens = normalize(predicted).split(), normalize(gold).split()
    common = (Counter(predicted_tokens) & Counter(gold_tokens)).total()
    return 2 * common / (len(predicted_tokens) + len(gold_tokens)) if common else 0.0


def exact_match(predicted: str, gold: str, normalize: Normalizer) -> float:
    """1 where two answers are equal after normalization, else 0; so 1 too where it leaves nothing of either."""
    return float(normalize(predicted) == normalize(gold))


def score_answers(
    gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str], normalize: Normalizer
) -> AnswerScores:
    """Score each question by its best gold answer and average over all questions of `gold`.

    A question without a prediction or without a gold answer counts as 0. An empty prediction is an answer like others:
    it is an exact match of a gold answer of which normalization leaves nothing, as in the official scripts.

    Raises:
        ValueError: `gold` has no questions.
    """
    return AnswerScores(*(each.percent for each in answer_ratios(gold, predicted, normalize)))


def answer_ratios(
    gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str], normalize: Normalizer
) -> AnswerRatios:
    """The ratios behind `score_answers`, in the order of `gold`."""
    if not gold:
        raise ValueError("no questions to score")
    scores = [_best_scores(answers, predicted.get(name), normalize) for name, answers in gold.items()]
    overlaps, matches = zip(*scores, strict=True)
    return AnswerRatios(ratio(overlaps, 1), ratio(matches, 1))


def _best_scores(answers: Sequence[str], predicted: str | None, normalize: Normalizer) -> tuple[float, float]:
    """F1 and exact match, 0 to 1, each against the gold answer that is best for it."""
    if predicted is None or not answers:
        return 0.0, 0.0
    return (
        max(f1(predicted, text, normalize) for text in answers),
        max(exact_match(predicted, text, normalize) for text in answers),
    )


def _is_punctuation(character: str) -> bool:
    return character in ASCII_PUNCTUATION or unicodedata.category(character).startswith("P")
