"""Scores of a prediction file, with their intervals."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from distilbeto.glues.metrics.gold import LABELS, Encoding, gold_answers, gold_labels, gold_sentences
from distilbeto.glues.metrics.intervals import Interval, intervals
from distilbeto.glues.metrics.measures import Measured, score_classes, score_entities, score_questions, score_tags
from distilbeto.glues.metrics.predictions import read_answers, read_labels, read_tags
from distilbeto.glues.readers.conll2002 import check_span_tag

KINDS: dict[str, Literal["classes", "tags", "spans", "answers"]] = {
    **dict.fromkeys(("xnli", "paws_x", "mldoc", "classes"), "classes"),
    **dict.fromkeys(("pos", "tags"), "tags"),
    **dict.fromkeys(("ner", "spans"), "spans"),
    **dict.fromkeys(("mlqa", "tar", "xquad", "qa"), "answers"),
}


class Scores(NamedTuple):
    """All in percent; a metric is None where the predictions do not allow it. The baseline is a majority guess.

    The intervals, at 95 %, are those of all metrics but the ones of single entity types.
    """

    examples: int
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, Interval]
    baseline: Mapping[str, float]


def score_file(task: str, gold: Path, predictions: Path, encoding: Encoding = "utf-8") -> Scores:
    """Score the predictions for a task of KINDS.

    Raises:
        UserError: a file is malformed, or the predictions do not match the gold examples one by one.
    """
    measured = _measure_file(task, gold, predictions, encoding)
    resampled = {name: ratio for name, ratio in measured.ratios.items() if ratio and name.count(".") < 2}
    return Scores(measured.examples, measured.metrics, intervals(resampled), measured.baseline)


def _measure_file(task: str, gold: Path, predictions: Path, encoding: Encoding) -> Measured:
    kind = KINDS[task]
    if kind == "classes":
        labels = gold_labels(gold, task, encoding)
        return score_classes(labels, read_labels(predictions, len(labels), LABELS.get(task, ())))
    if kind == "answers":
        answers = gold_answers(gold, encoding)
        return score_questions(answers, read_answers(predictions, answers))
    sentences = gold_sentences(gold, kind, encoding)
    predicted = read_tags(predictions, sentences, check_span_tag if kind == "spans" else None)
    return score_entities(sentences, predicted) if kind == "spans" else score_tags(sentences, predicted)
