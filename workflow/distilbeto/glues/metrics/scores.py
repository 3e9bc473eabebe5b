"""Scores of a prediction file, with their intervals."""

import logging
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple, assert_never

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.by_kind import (
    Measured,
    measure_answers,
    measure_answers_or_none,
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
from distilbeto.glues.metrics.predictions import (
    read_answers,
    read_answers_or_none,
    read_label_sets,
    read_labels,
    read_numbers,
    warn_of_foreign,
)
from distilbeto.glues.metrics.tag_files import read_tags
from distilbeto.glues.readers.conll2002 import check_span_tag

DATA_SETS = {
    **dict.fromkeys(("xnli", "paws_x", "mldoc"), TaskKind.SEQUENCE_CLASSIFICATION),
    **dict.fromkeys(("pos", "ner"), TaskKind.TOKEN_CLASSIFICATION),
    **dict.fromkeys(("mlqa", "tar", "xquad"), TaskKind.QUESTION_ANSWERING),
}


class Counted(NamedTuple):
    """What a task says of its metrics: tags that mark spans, questions without an answer, the label that f1 is of."""

    spans: bool = False
    unanswerable: bool = False
    positive_label: str | None = None


class Scores(NamedTuple):
    """All in percent, but for thresholds; a metric is None where the predictions do not allow it.

    The baseline is a majority guess.
    The intervals, at 95 %, are those of all metrics but the ones of single entity types.
    """

    examples: int
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, Interval]
    baseline: Mapping[str, float]


def score_file(
    task: str,
    gold: Path,
    predictions: Path,
    encoding: Encoding = "utf-8",
    *,
    spans: bool = False,
    unanswerable: bool = False,
    positive_label: str | None = None,
) -> Scores:
    """Score the predictions for a task: one of DATA_SETS, or a kind.

    `spans`: its tags mark spans; `unanswerable`: some of its questions have no answer; `positive_label`: f1 is its F1.

    Raises:
        UserError: a file is malformed, or the predictions do not match the gold examples one by one.
    """
    kind = _kind_of(task)
    if spans and task not in ("ner", TaskKind.TOKEN_CLASSIFICATION):
        raise UserError(f"--spans goes with --task {TaskKind.TOKEN_CLASSIFICATION}, not with --task {task}")
    if unanswerable and kind is not TaskKind.QUESTION_ANSWERING:
        raise UserError(f"--unanswerable goes with questions, not with --task {task}")
    if positive_label is not None and kind is not TaskKind.SEQUENCE_CLASSIFICATION:
        raise UserError(f"--positive-label goes with classes, not with --task {task}")
    counted = Counted(spans or task == "ner", unanswerable, positive_label)
    measured = _measure_file(task, gold, predictions, encoding, counted)
    return Scores(measured.examples, measured.metrics, intervals(measured.resampled), measured.baseline)


def _kind_of(task: str) -> TaskKind:
    return DATA_SETS.get(task) or TaskKind(task)


def _measure_file(task: str, gold: Path, predictions: Path, encoding: Encoding, counted: Counted) -> Measured:
    kind = _kind_of(task)
    match kind:
        case TaskKind.SEQUENCE_CLASSIFICATION:
            labels = gold_labels(gold, task, encoding)
            guesses = read_labels(predictions, len(labels), LABELS.get(task, ()))
            warn_of_foreign(predictions, guesses, {*labels})
            if counted.positive_label is not None and counted.positive_label not in labels:
                logging.warning("%s: no gold example has the positive label %s", gold, counted.positive_label)
            return measure_labels(labels, guesses, counted.positive_label)
        case TaskKind.TOKEN_CLASSIFICATION:
            sentences = gold_sentences(gold, encoding, spans=counted.spans)
            tags = read_tags(predictions, sentences, check_span_tag if counted.spans else None)
            known = {tag for sentence in sentences for tag in sentence.tags}
            if (
                counted.spans
            ):  # an I-PER that gold lacks is a wrong end of a span, where it has a B-PER, and O is no span
                known |= {"O"} | {f"{part}-{tag[2:]}" for tag in known if tag != "O" for part in "BI"}
            warn_of_foreign(predictions, [tag for sentence in tags for tag in sentence.words], known)
            return measure_tags(sentences, tags, spans=counted.spans)
        case TaskKind.QUESTION_ANSWERING if counted.unanswerable:
            answers = gold_answers(gold, encoding, unanswerable=True)
            return measure_answers_or_none(answers, *read_answers_or_none(predictions, answers))
        case TaskKind.QUESTION_ANSWERING:
            answers = gold_answers(gold, encoding)
            return measure_answers(answers, read_answers(predictions, answers))
        case TaskKind.REGRESSION:
            numbers = gold_numbers(gold, encoding)
            return measure_numbers(numbers, read_numbers(predictions, len(numbers)))
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            sets = gold_label_sets(gold)
            predicted = read_label_sets(predictions, len(sets))
            warn_of_foreign(predictions, [*chain.from_iterable(predicted)], {*chain.from_iterable(sets)})
            return measure_label_sets(sets, predicted)
        case _:
            assert_never(kind)
