"""SQuAD v2 (Rajpurkar et al., 2018): answers to questions of which some have none, as evaluate-v2.0.py scores them."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from distilbeto.glues.metrics.answers import exact_match, normalize_squad
from distilbeto.glues.metrics.per_example import Metric, ratio

if TYPE_CHECKING:
    from distilbeto.glues.examples import Candidate

Gold = Mapping[str, Sequence[str]]  # the accepted answers to each question; none: it is impossible


class Raw(NamedTuple):
    """Exact match and F1 of an answer, 0 to 1, each against the gold answer that is best for it."""

    exact_match: float
    f1: float


class Best(NamedTuple):
    """The best score, in percent, and the threshold that gives it; None where it is best to answer nothing."""

    score: float
    threshold: float | None


def squad_v2_metrics(gold: Gold, predicted: Mapping[str, str]) -> dict[str, Metric | None]:
    """Exact match and F1 of all questions, of those with an answer (HasAns) and of those without (NoAns).

    An empty prediction says that there is no answer. A question without a prediction counts as 0: the published script
    leaves it out of the means over all questions, and stops at it in those over a part.

    Raises:
        ValueError: `gold` has no questions.
    """
    if not gold:
        raise ValueError("no questions to score")
    raw = [raw_scores(gold[name], predicted[name]) if name in predicted else Raw(0, 0) for name in gold]
    answerable = [bool(answers) for answers in gold.values()]
    parts = {"": [True] * len(gold), "HasAns_": answerable, "NoAns_": [not each for each in answerable]}
    found: dict[str, Metric | None] = {}
    for part, of_part in parts.items():
        for metric in Raw._fields:
            values = [getattr(each, metric) * here for each, here in zip(raw, of_part, strict=True)]
            found[f"squad_v2.{part}{metric}"] = ratio(values, of_part) if any(of_part) else None
    return found


def raw_scores(answers: Sequence[str], predicted: str) -> Raw:
    """Gold answers of which normalization leaves nothing do not count; without others, the right one is empty."""
    texts = [text for text in answers if normalize_squad(text)] or [""]
    matches = [exact_match(predicted, text, normalize_squad) for text in texts]
    return Raw(max(matches), max(_f1(predicted, text) for text in texts))


def best_of(gold: Gold, candidates: Mapping[str, "Candidate"], metric: str) -> Best:
    """The best `metric` of `Raw` that a threshold gives, as find_best_thresh of the published script has it.

    From no answer at all, the questions are answered one by one, the surest first. A span for an impossible question
    costs a whole point, whatever normalization leaves of it.
    """
    score = best = float(sum(not answers for answers in gold.values()))
    threshold = None
    for name, (span, no_answer_score) in sorted(candidates.items(), key=lambda item: item[1].no_answer_score):
        score += getattr(raw_scores(gold[name], span), metric) if gold[name] else -bool(span)
        if score > best:
            best, threshold = score, no_answer_score
    return Best(100 * best / len(gold), threshold)


def threshold_of(gold: Gold, candidates: Mapping[str, "Candidate"]) -> float:
    """The threshold of the best F1; where it is best to answer nothing, one below all scores of no answer."""
    found = best_of(gold, candidates, "f1").threshold
    lowest = min(candidate.no_answer_score for candidate in candidates.values())
    return math.nextafter(lowest, -math.inf) if found is None else found


def _f1(predicted: str, gold: str) -> float:
    """As the published script rounds: thresholds hang on the last digit. Unlike in SQuAD 1.1, two answers of which
    normalization leaves nothing agree."""
    predicted_tokens, gold_tokens = normalize_squad(predicted).split(), normalize_squad(gold).split()
    if not predicted_tokens or not gold_tokens:
        return float(predicted_tokens == gold_tokens)
    common = (Counter(gold_tokens) & Counter(predicted_tokens)).total()
    if not common:
        return 0.0
    precision, recall = common / len(predicted_tokens), common / len(gold_tokens)
    return 2 * precision * recall / (precision + recall)
