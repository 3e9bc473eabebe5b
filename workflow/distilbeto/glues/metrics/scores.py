"""Scores of a prediction file, with their intervals."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, assert_never

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.by_kind import (
    Measured,
    measure_answers,
    measure_label_sets,
    measure_labels,
    measure_numbers,
    measure_tags,
)
from distilbeto.glues.metrics.gold import (
    LABELS,
    Encoding,
    gold_answers,
    gold_label_sets,
    gold_labels,
    gold_numbers,
    gold_sentences,
)
from distilbeto.glues.metrics.intervals import Interval, intervals
from distilbeto.glues.metrics.predictions import read_answers, read_label_sets, read_labels, read_numbers, read_tags
from distilbeto.glues.readers.conll2002 import check_span_tag

DATA_SETS = {
    **dict.fromkeys(("xnli", "paws_x", "mldoc"), TaskKind.SEQUENCE_CLASSIFICATION),
    **dict.fromkeys(("pos", "ner"), TaskKind.TOKEN_CLASSIFICATION),
    **dict.fromkeys(("mlqa", "tar", "xquad"), TaskKind.QUESTION_ANSWERING),
}


class Scores(NamedTuple):
    """All in percent; a metric is None where the predictions do not allow it. The baseline is a majority guess.

    The intervals, at 95 %, are those of all metrics but the ones of single entity types.
    """

    examples: int
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, Interval]
    baseline: Mapping[str, float]


def score_file(
    task: str, gold: Path, predictions: Path, encoding: Encoding = "utf-8", *, spans: bool = False
) -> Scores:
    """Score the predictions for a task: one of DATA_SETS, or a kind; `spans`: its tags mark spans.

    Raises:
        UserError: a file is malformed, or the predictions do not match the gold examples one by one.
    """
    kind = DATA_SETS.get(task) or TaskKind(task)
    if spans and task not in ("ner", TaskKind.TOKEN_CLASSIFICATION):
        raise UserError(f"--spans goes with --task {TaskKind.TOKEN_CLASSIFICATION}, not with --task {task}")
    measured = _measure_file(kind, task, gold, predictions, encoding, spans=spans or task == "ner")
    resampled = {name: ratio for name, ratio in measured.ratios.items() if ratio and name.count(".") < 2}
    return Scores(measured.examples, measured.metrics, intervals(resampled), measured.baseline)


def _measure_file(
    kind: TaskKind, task: str, gold: Path, predictions: Path, encoding: Encoding, *, spans: bool
) -> Measured:
    match kind:
        case TaskKind.SEQUENCE_CLASSIFICATION:
            labels = gold_labels(gold, task, encoding)
            return measure_labels(labels, read_labels(predictions, len(labels), LABELS.get(task, ())))
        case TaskKind.TOKEN_CLASSIFICATION:
            sentences = gold_sentences(gold, encoding, spans=spans)
            tags = read_tags(predictions, sentences, check_span_tag if spans else None)
            return measure_tags(sentences, tags, spans=spans)
        case TaskKind.QUESTION_ANSWERING:
            answers = gold_answers(gold, encoding)
            return measure_answers(answers, read_answers(predictions, answers))
        case TaskKind.REGRESSION:
            numbers = gold_numbers(gold, encoding)
            return measure_numbers(numbers, read_numbers(predictions, len(numbers)))
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            sets = gold_label_sets(gold)
            known = {label for labels in sets for label in labels}
            return measure_label_sets(sets, read_label_sets(predictions, len(sets), known))
        case _:
            assert_never(kind)
