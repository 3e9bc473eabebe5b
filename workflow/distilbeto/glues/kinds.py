"""The kinds of tasks, from the configuration to the columns of the tables: one enumeration, in the field's words."""

import re
from enum import StrEnum
from typing import assert_never

IOB_TAG = re.compile(r"O|[BI]-\S+")


class TaskKind(StrEnum):
    """What a model predicts. A `match` over it ends in `assert_never`: mypy names what a new kind has to fill."""

    TOKEN_CLASSIFICATION = "token_classification"
    SEQUENCE_CLASSIFICATION = "sequence_classification"
    QUESTION_ANSWERING = "question_answering"
    REGRESSION = "regression"
    MULTI_LABEL_CLASSIFICATION = "multi_label_classification"


def predictions_suffix(kind: TaskKind) -> str:
    """Of a file of predictions: lines of text, a JSON object of answers, or JSON Lines of sets of labels."""
    match kind:
        case TaskKind.TOKEN_CLASSIFICATION | TaskKind.SEQUENCE_CLASSIFICATION | TaskKind.REGRESSION:
            return "txt"
        case TaskKind.QUESTION_ANSWERING:
            return "json"
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            return "jsonl"
        case _:
            assert_never(kind)


def fields_of(kind: TaskKind) -> set[str]:
    """The fields of a task that this kind needs and others may not have."""
    match kind:
        case TaskKind.TOKEN_CLASSIFICATION:
            return {"labels", "spans", "fallback_tag"}
        case TaskKind.SEQUENCE_CLASSIFICATION:
            return {"labels"}
        case TaskKind.QUESTION_ANSWERING | TaskKind.REGRESSION:
            return set()
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            return {"labels"}
        case _:
            assert_never(kind)


def has_windows(kind: TaskKind) -> bool:
    """Whether a text that is too long is read in overlapping windows; else it is cut."""
    match kind:
        case TaskKind.QUESTION_ANSWERING:
            return True
        case TaskKind.TOKEN_CLASSIFICATION | TaskKind.SEQUENCE_CLASSIFICATION:
            return False
        case TaskKind.REGRESSION | TaskKind.MULTI_LABEL_CLASSIFICATION:
            return False
        case _:
            assert_never(kind)
