"""Values of tables as parts of examples, or errors that say where they stand."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.glues.settings import value_text

SURROGATE = re.compile("[\ud800-\udfff]")
LONGEST = 80


class Cell(NamedTuple):
    """A value, where its row stands, and its column."""

    where: str
    column: str
    value: Any

    def refused(self, expected: str, remedy: str = "") -> UserError:
        found = "nothing" if self.value is None else repr(self.value)[:LONGEST]
        return UserError(f"column {self.column!r}: expected {expected}, found {found}", where=self.where, remedy=remedy)


def text_in(cell: Cell, keep_empty: bool) -> str:
    if keep_empty and cell.value is None:
        return ""
    if type(cell.value) is not str:
        raise cell.refused("a text")
    if SURROGATE.search(cell.value):
        raise cell.refused("a text of whole characters, not half a surrogate pair")
    if not cell.value.strip() and not keep_empty:
        remedy = (
            "Take the row out of the file; or set `empty_texts: keep` for its data set, where the file is published so."
        )
        raise cell.refused("a text with words", remedy)
    return cell.value


def id_in(cell: Cell) -> str:
    if type(cell.value) not in (str, int) or cell.value == "":
        raise cell.refused("an id, a text or a whole number")
    return str(cell.value)


def label_in(cell: Cell, label_map: Mapping[str, str]) -> str:
    """A label, or the one for which the value stands."""
    try:
        value = value_text(cell.value)
    except ValueError:
        number = type(cell.value) is float and math.isfinite(cell.value)
        remedy = "A number to be predicted (regression) is `target` in `columns`, not `label`." if number else ""
        raise cell.refused("a label, a text or a whole number", remedy) from None
    if label_map:
        if value not in label_map:
            known = ", ".join(f"{key} ({name})" for key, name in label_map.items())
            raise cell.refused(f"one of {known}", "Correct `label_map` of the data set, or the file.")
        return label_map[value]
    if not value.strip():
        raise cell.refused("a label")
    return value


def number_in(cell: Cell) -> float:
    try:
        number = math.nan if type(cell.value) is bool else float(cell.value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        comma = type(cell.value) is str and "," in cell.value
        raise cell.refused("a number", "Write 3.5, with a point, instead of 3,5." if comma else "")
    return number


def items_of(cell: Cell) -> list[Cell]:
    """The items of a list, or of a text with spaces between them."""
    items = cell.value.split() if isinstance(cell.value, str) else cell.value
    if not isinstance(items, list):
        raise cell.refused("a list, or a text with spaces between its items")
    return [cell._replace(value=item) for item in items]


def words_in(cell: Cell) -> tuple[str, ...]:
    words = items_of(cell)
    if not words:
        raise cell.refused("words")
    return tuple(text_in(word, keep_empty=False) for word in words)


def labels_in(cell: Cell, label_map: Mapping[str, str]) -> tuple[str, ...]:
    """Any number of labels: a list, also as the text of a JSON list, or a text with spaces between them."""
    listed = cell
    if type(cell.value) in (int, float):
        raise cell.refused("any number of labels", "One class a text is `label` in `columns`, not `labels`.")
    if isinstance(cell.value, str) and cell.value.lstrip().startswith("["):
        try:
            listed = cell._replace(value=json.loads(cell.value))
        except ValueError:
            raise cell.refused('a list of labels, such as ["a", "b"]') from None
    labels = tuple(label_in(item, label_map) for item in items_of(listed))
    if len({*labels}) < len(labels):
        raise cell.refused("each label once")
    if isinstance(listed.value, str) and re.search(r"[,;|]", listed.value):
        raise cell.refused('labels with spaces between them, or a list such as ["a", "b"]')
    return labels


def is_set(cell: Cell) -> bool:
    """Whether a column that stands for a label holds 1 (or true), not 0 (or false)."""
    value = cell.value.strip().lower() if isinstance(cell.value, str) else cell.value
    if value in (1, "1", "1.0", "true"):
        return True
    if value in (0, "0", "0.0", "false"):
        return False
    raise cell.refused("1 or 0")


def answers_in(cell: Cell) -> list[dict[str, Any]]:
    """SQuAD's answers, each with its start: a list of them, or the Hub's lists of texts and of starts."""
    value = cell.value
    if isinstance(value, dict) and {"text", "answer_start"} <= {*value}:
        texts, starts = value["text"], value["answer_start"]
        if isinstance(texts, list) and isinstance(starts, list) and len(texts) == len(starts):
            value = [{"text": text, "answer_start": start} for text, start in zip(texts, starts, strict=True)]
        elif isinstance(texts, str):
            value = [value]
    if not isinstance(value, list) or not all(
        isinstance(answer, dict) and type(answer.get("text")) is str and type(answer.get("answer_start")) is int
        for answer in value
    ):
        raise cell.refused('answers such as {"text": ["Bogotá"], "answer_start": [0]}')
    return value
