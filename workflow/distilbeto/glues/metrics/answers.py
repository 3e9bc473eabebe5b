"""F1 and exact match of answers to questions, as SQuAD 1.1 and MLQA define them."""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

Normalizer = Callable[[str], str]

ENGLISH_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
SPANISH_ARTICLES = re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b")
ASCII_PUNCTUATION = frozenset(string.punctuation)


class AnswerScores(NamedTuple):
    """Means over all questions, in percent."""

    f1: float
    exact_match: float


def normalize_squad(text: str) -> str:
    """Lower case without ASCII punctuation and English articles, single spaces (Rajpurkar et al., 2016)."""
    kept = "".join(character for character in text.lower() if character not in ASCII_PUNCTUATION)
    return " ".join(ENGLISH_ARTICLES.sub(" ", kept).split())


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

    A question without a prediction, with an empty one, or without a gold answer counts as 0.

    Raises:
        ValueError: `gold` has no questions.
    """
    if not gold:
        raise ValueError("no questions to score")
    totals = [0.0, 0.0]
    for name, answers in gold.items():
        answer = predicted.get(name, "")
        if answer.strip():
            totals[0] += max((f1(answer, text, normalize) for text in answers), default=0.0)
            totals[1] += max((exact_match(answer, text, normalize) for text in answers), default=0.0)
    return AnswerScores(*(100 * total / len(gold) for total in totals))


def _is_punctuation(character: str) -> bool:
    return character in ASCII_PUNCTUATION or unicodedata.category(character).startswith("P")
