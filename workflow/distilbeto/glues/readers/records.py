"""Rows of any table as examples: the columns that are named decide the kind of example."""

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.glues.examples import (
    ClassificationExample,
    MultiLabelExample,
    RegressionExample,
    TaggedSentence,
)
from distilbeto.glues.readers.result import ReadResult, shortened
from distilbeto.glues.readers.rows import Row, Table, table_of
from distilbeto.glues.readers.squad import Node, read_nodes
from distilbeto.glues.readers.values import (
    Cell,
    answers_in,
    id_in,
    is_set,
    items_of,
    label_in,
    labels_in,
    number_in,
    text_in,
    words_in,
)
from distilbeto.glues.settings import KINDS_OF_COLUMNS, DatasetSettings, value_text

# The usual names of columns, where the configuration names none. Of two that stand for the same, neither is taken.
USUAL = {
    "id": ("id",),
    "text": ("text", "sentence", "sentence1", "premise"),
    "text_pair": ("text_pair", "sentence2", "hypothesis"),
    "label": ("label",),
    "target": ("target", "score"),
    "labels": ("labels",),
    "tokens": ("tokens", "words"),
    "tags": ("tags", "ner_tags", "pos_tags", "upos"),
    "question": ("question",),
    "context": ("context",),
    "answers": ("answers",),
}
SHOWN = 20

Text = ClassificationExample | RegressionExample | MultiLabelExample


class Reading(NamedTuple):
    """What of a row makes an example. `first` is the first row: a column that has a list there has lists."""

    columns: Mapping[str, str | list[str]]
    label_map: Mapping[str, str]
    keep_empty: bool
    first: Row

    def cell(self, role: str, row: Row) -> Cell:
        column = str(self.columns[role])
        cell, first = Cell(row.where, column, row.values.get(column)), self.first.values.get(column)
        if None not in (cell.value, first) and isinstance(cell.value, list) is not isinstance(first, list):
            raise cell.refused("a list" if isinstance(first, list) else "no list", f"as in {self.first.where}")
        return cell

    def name(self, row: Row) -> str:
        return id_in(self.cell("id", row)) if "id" in self.columns else str(row.number)


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    """The examples of the rows that `where` selects, in their order. Their ids are lines or rows, or `columns.id`.

    Raises:
        UserError: a column is not there, or a value is not what its column stands for; it says file and row.
    """
    usual = {name for names in USUAL.values() for name in names}
    given: dict[str, str | list[str]] = {str(role): column for role, column in settings.columns.items()}
    table = table_of(path, settings.encoding, {*_names(given), *settings.where} if given else usual)
    columns = given or usual_columns(table.columns, path)
    for column in [*_names(columns), *settings.where]:
        _check_column(column, table.columns, path)
    rows = _selected(table, settings.where, path)
    first = next(rows)
    label_map, notes = _label_map(columns, table, settings)
    reading = Reading(columns, label_map, settings.empty_texts == "keep", first)
    if "question" in columns:
        result = read_nodes(path, (_question(row, reading) for row in chain([first], rows)))
        return result._replace(notes=shortened([*notes, *result.notes]))
    if "tokens" in columns:
        return ReadResult([_tagged_sentence(row, reading) for row in chain([first], rows)], {}, notes)
    numbered = [(row.number, _labelled_text(row, reading)) for row in chain([first], rows)]
    kept = [f"row {number}: a text is empty; kept" for number, example in numbered if _is_empty(example)]
    return ReadResult([example for _, example in numbered], {}, shortened([*notes, *kept]))


def usual_columns(there: Sequence[str], path: Path) -> dict[str, str | list[str]]:
    """The columns of usual names. Ids are those of questions alone: other examples are told apart by their rows.

    Raises:
        UserError: they make no example, or more than one.
    """
    found = {role: [name for name in names if name in there] for role, names in USUAL.items()}
    kinds = [parts | more for parts, more in KINDS_OF_COLUMNS.values() if all(found[part] for part in parts)]
    roles = [role for role in USUAL if kinds and role in kinds[0] and found[role]]
    if len(kinds) != 1 or any(len(found[role]) > 1 for role in roles):
        raise UserError(
            f"which columns are meant is not clear; there are: {_listed(there)}",
            where=path,
            remedy="Name them in the data set, such as `columns: {text: review, label: stars}`. `label` is a class; in "
            "its place, `target` is a number, and `labels` any number of labels. `text_pair` is the second text of a "
            f"pair; or `tokens`, `tags`; or `question`, `context`, `answers`.{_hint_of_squad(there)}",
        )
    return {role: found[role][0] for role in roles if role != "id" or "question" in roles}


def _names(columns: Mapping[str, str | list[str]]) -> list[str]:
    return [name for names in columns.values() for name in (names if isinstance(names, list) else [names])]


def _check_column(column: str, there: Sequence[str], path: Path) -> None:
    if column in there:
        return
    nearest = difflib.get_close_matches(column.lower(), [name.lower() for name in there], n=1)
    meant = next((name for name in there if [name.lower()] == nearest), None)
    raise UserError(
        f"there is no column {column!r}; there are: {_listed(there)}",
        where=path,
        remedy=(f"Is {meant!r} meant? " if meant else "")
        + "Correct `columns` or `where` of the data set; in CSV and TSV, "
        f"the first line names the columns.{_hint_of_squad(there)}",
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:SHOWN]) or "none"
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown


def _hint_of_squad(there: Sequence[str]) -> str:
    return " A file of SQuAD's own form has `reader: squad`." if "paragraphs" in there else ""


def _selected(table: Table, where: Mapping[str, list[str]], path: Path) -> Iterator[Row]:
    seen: dict[str, Counter[str]] = {column: Counter() for column in where}
    some = False
    for row in table.rows:
        values = {column: _shown(row.values.get(column)) for column in where}
        for column, value in values.items():
            seen[column][value] += 1
        if all(values[column] in wanted for column, wanted in where.items()):
            some = True
            yield row
    if not some and not where:
        raise UserError("the file holds no rows", where=path)
    if not some:
        found = "; ".join(f"{column}: {_listed([*values])}" for column, values in seen.items())
        raise UserError(f"no row is as `where` says; there are {found}", where=path)


def _shown(value: Any) -> str:
    try:
        return value_text(value)
    except ValueError:
        return repr(value)[:40]


def _label_map(
    columns: Mapping[str, str | list[str]], table: Table, settings: DatasetSettings
) -> tuple[Mapping[str, str], list[str]]:
    """The labels of values, and a note where the file itself names its classes."""
    if isinstance(settings.label_map, dict) and settings.label_map:
        return settings.label_map, []
    column = next((str(columns[role]) for role in ("label", "labels", "tags") if role in columns), "")
    names = settings.label_map or table.classes.get(column, [])
    named = {str(place): name for place, name in enumerate(names)}
    if settings.label_map or not named:
        return named, []
    return named, [f"labels as the file names them: {', '.join(f'{value} is {name}' for value, name in named.items())}"]


def _is_empty(example: Text) -> bool:
    return not all(text is None or text.strip() for text in (example.text, example.text_pair))


def _labelled_text(row: Row, reading: Reading) -> Text:
    text = text_in(reading.cell("text", row), reading.keep_empty)
    pair = text_in(reading.cell("text_pair", row), reading.keep_empty) if "text_pair" in reading.columns else None
    name = reading.name(row)
    if "target" in reading.columns:
        return RegressionExample(name, text, pair, number_in(reading.cell("target", row)))
    if "label" in reading.columns:
        return ClassificationExample(name, text, pair, label_in(reading.cell("label", row), reading.label_map))
    several = reading.columns["labels"]
    if isinstance(several, str):
        return MultiLabelExample(name, text, pair, labels_in(reading.cell("labels", row), reading.label_map))
    cells = [Cell(row.where, column, row.values.get(column)) for column in several]
    return MultiLabelExample(
        name, text, pair, tuple(reading.label_map.get(cell.column, cell.column) for cell in cells if is_set(cell))
    )


def _tagged_sentence(row: Row, reading: Reading) -> TaggedSentence:
    words = words_in(reading.cell("tokens", row))
    tags = tuple(label_in(tag, reading.label_map) for tag in items_of(reading.cell("tags", row)))
    if len(words) != len(tags):
        raise UserError(f"{len(words)} tokens and {len(tags)} tags", where=row.where)
    return TaggedSentence(reading.name(row), words, tags)


def _question(row: Row, reading: Reading) -> tuple[str, Node]:
    context, question = (text_in(reading.cell(role, row), keep_empty=False) for role in ("context", "question"))
    answers = answers_in(reading.cell("answers", row))
    value = {"id": reading.name(row), "question": question, "answers": answers, "is_impossible": not answers}
    return context, Node(Path(row.where), "", value)
