"""Tables as text: each number, name and note is written once, here; the renderers only set them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

from pandas import DataFrame, Series

from distilbeto.reports.tables.comparison import is_far
from distilbeto.reports.tables.format import decimals, number_text
from distilbeto.reports.tables.frame import ABOVE, COLLAPSE_MARK, Table
from distilbeto.reports.tables.measurements import WEIGHT_DECAY
from distilbeto.reports.tables.settings import Texts
from distilbeto.reports.words import read_words
from distilbeto.settings import Block

OF_THE_CLOCK = ("5.5",)  # its repetitions are runs of the clock
STANDARD_ERRORS = 1.96  # half of a 95 % confidence interval of a mean


class Words(Block):
    """The words of the tables in a language."""

    language: str
    babel: str
    decimal_mark: str
    titles: dict[str, str]  # of the documents
    contents: str
    configuration: str
    headings: dict[str, str]
    tables: dict[str, dict[str, str]]  # of each: caption; note, or a note for each protocol
    protocols: dict[str, str]
    reasons: dict[str, str]
    searched: str
    left_out: str
    apart: str
    superscripts: str
    without_superscript: str
    several_seeds: str
    several_samples: str
    several_runs: str
    accepted: str
    far: str
    no_deviation: str
    collapsed: str
    weight_decay: str
    energy: dict[str, str]


class Number(NamedTuple):
    text: str
    deviation: str  # empty where there is only one value
    bold: bool


class Cell(NamedTuple):
    """One number, or F1 and exact match, and a superscript. Of a missing cell `mark` is the number of the reason.

    Without numbers and mark, nothing stands there.
    """

    numbers: tuple[Number, ...] = ()
    mark: str = ""


class Line(NamedTuple):
    name: str  # LaTeX
    cells: list[Cell]


class Page(NamedTuple):
    """A table as it is printed, all of it text."""

    key: str
    label: str  # 5.2 (oficial)
    caption: str
    note: str  # of the document: a text table, which may stand alone, repeats it
    headings: list[str]  # the first column's too
    above: list[Line]  # above the headings
    lines: list[Line]
    apart: list[Line]  # below a rule
    remarks: list[str]
    reasons: list[str]  # why cells are missing, numbered from 1

    @property
    def body(self) -> list[Line]:
        return [*self.lines, *self.apart]

    @property
    def entry(self) -> str:
        """In a list of tables: the first sentence of the caption, which "et al." does not end."""
        return re.split(r"\.(?= [A-ZÁÉÍÓÚÑ]|$)", self.caption)[0]

    @property
    def deviations(self) -> list[str]:
        """The longest standard deviation of each column: what cells without one leave room for. Empty if all do."""
        columns = zip(*(line.cells for line in self.body), strict=True) if self.body else [()] * len(self.headings[1:])
        return [max((n.deviation for cell in cells for n in cell.numbers), key=len, default="") for cells in columns]


class Document(NamedTuple):
    """Tables under one title, in the words of a language."""

    pages: Sequence[Page]
    words: Words
    title: str = ""
    note: str = ""  # said of all tables, such as the word miniature
    day: date | None = None  # of the newest result, so that the same results make the same document


def day_of(files: Iterable[Path]) -> date | None:
    """The day, in UTC, on which the newest of `files` was written."""
    newest = max((file.stat().st_mtime for file in files), default=None)
    return None if newest is None else datetime.fromtimestamp(newest, UTC).date()


def words_of(language: str, own: Iterable[tuple[str, Texts]] = ()) -> Words:
    """Those of a language; `own` texts of tables in place of its."""
    words = read_words(Words, Path(__file__).parent / "words", language)
    given = {key: texts.model_dump(exclude_none=True) for key, texts in own}
    return words.model_copy(update={"tables": {key: texts | given.get(key, {}) for key, texts in words.tables.items()}})


def page_of(table: Table, words: Words, note: str, accepted: Sequence[str] = (), *, bootstrap: bool = False) -> Page:
    """A table in the words of a language. `accepted`: stages whose results earlier code made, said under the table.

    `bootstrap`: each seed has its own sample of the data sets. Then what stands after a mean is the half of its 95 %
    confidence interval, 1.96 standard errors, in place of the standard deviation.
    """
    bootstrap = bootstrap and table.number not in OF_THE_CLOCK
    reasons = list(dict.fromkeys(_body(table).note[_body(table).samples == 0]))
    protocol = words.protocols.get(table.protocol)
    lines = list(_lines(table, words, reasons, bootstrap))
    published = set(table.numbers.row[(table.numbers.citation != "") & table.apart])
    return Page(
        table.key,
        f"{table.number} ({protocol})" if protocol else table.number,
        words.tables[table.key]["caption"].format(subject=table.subject),
        note,
        [words.headings.get(heading, heading) for heading in (table.first, *table.headings)],
        [line for row, line in lines if row == ABOVE],
        [line for row, line in lines if row != ABOVE and row not in published],
        [line for row, line in lines if row in published],
        [remark for remark in _remarks(table, words, accepted, bootstrap) if remark],
        [words.reasons.get(reason, reason) for reason in reasons],
    )


def _body(table: Table) -> DataFrame:
    return table.numbers[table.numbers.row != ABOVE]


def _lines(table: Table, words: Words, reasons: list[str], bootstrap: bool) -> Iterator[tuple[int, Line]]:
    numbers = table.numbers.assign(bold=_bold(table)).sort_values(["row", "column"], kind="stable")
    for row, of_row in numbers.groupby("row"):
        cells = [Cell()] * len(table.headings)
        for number in of_row.itertuples():
            if number.samples:
                before = cells[number.column].numbers
                cells[number.column] = Cell(
                    (*before, _number(table, number, words.decimal_mark, bootstrap)), number.superscript
                )
            elif row != ABOVE:
                cells[number.column] = Cell(mark=str(reasons.index(number.note) + 1))
        yield row, Line(words.headings.get(of_row.name.iloc[0], of_row.name.iloc[0]), cells)


def _number(table: Table, number: Any, mark: str, bootstrap: bool) -> Number:
    """Only the scores of Tables 5.2 and 5.3 of the thesis are truncated."""
    if table.protocol == "intervals":
        text = "–".join(decimals(bound, mark) for bound in (number.interval_low, number.interval_high))
    else:
        truncate = table.protocol == "thesis" and table.number in ("5.2", "5.3")
        text = number_text(number.metric, number.value, mark, truncate=truncate)
    factor = STANDARD_ERRORS / sqrt(number.samples) if bootstrap else 1
    deviation = decimals(factor * number.standard_deviation, mark) if number.samples > 1 else ""
    return Number(text, deviation, number.bold)


def _bold(table: Table) -> Series:
    """The highest of each column in Tables 5.2 and 5.3, F1 and exact match apart, ties all of them; far differences.

    A published number of another metric than the measured ones of its column is not the best of it, nor one set apart.
    """
    numbers = table.numbers
    if table.key == "differences":
        return is_far(numbers.value, numbers.standard_deviation)
    position = numbers.groupby(["row", "column"]).cumcount()
    values = numbers.value.where(numbers.citation == "" if table.apart else _is_of_metric(numbers))
    best = values == values.groupby([numbers.column, position]).transform("max")
    return best if table.key in ("5.2", "5.3") else best & False


def _is_of_metric(numbers: DataFrame) -> Series:
    """Whether each number is of a metric that is measured in its column, whatever is measured there of another."""
    names = numbers.metric.str.rpartition(".")[
        2
    ]  # conlleval.f1 and subtokens.f1 are called f1 where they are published
    measured = names[(numbers.citation == "") & (names != "")].groupby(numbers.column).agg(set)
    return Series(
        [
            column not in measured.index or name in measured[column]
            for column, name in zip(numbers.column, names, strict=True)
        ],
        index=numbers.index,
    )


def _remarks(table: Table, words: Words, accepted: Sequence[str], bootstrap: bool) -> Iterator[str]:
    """What a table counts, how often it was measured, who published what."""
    texts, numbers = words.tables[table.key], _body(table)
    yield texts.get(table.protocol) or texts.get("note", "")
    yield words.searched.format(grid=table.grid) if table.grid else ""
    yield words.left_out.format(columns=", ".join(table.left_out)) if table.left_out else ""
    yield words.weight_decay if table.headings[-1:] == tuple(WEIGHT_DECAY.values()) else ""
    if numbers.samples.max() > 1:
        several = words.several_samples if bootstrap else words.several_seeds
        several = words.several_runs if table.number in OF_THE_CLOCK else several
        yield several.format(count=numbers.samples.max())
    if table.key == "differences":
        yield words.far if numbers.standard_deviation.notna().any() else words.no_deviation
    yield words.apart if table.apart and (numbers.citation != "").any() else ""
    yield words.collapsed if numbers.superscript[numbers.samples > 0].eq(COLLAPSE_MARK).any() else ""
    yield _citations(numbers, words)
    yield from table.remarks
    yield words.accepted.format(stages=", ".join(accepted)) if accepted else ""


def _citations(numbers: DataFrame, words: Words) -> str:
    """The sources of the published rows; those of an average stand under the tables that it is taken of."""
    published = numbers[(numbers.samples > 0) & (numbers.citation != "") & (numbers.task != "")]
    marks = sorted(set(zip(published.superscript, published.citation, strict=True)))
    parts = [f"({mark}) {citation}" for mark, citation in marks if mark]
    parts += [f"({words.without_superscript}) {citation}" for mark, citation in marks if not mark]
    return f"{words.superscripts}: {', '.join(parts)}." if parts else ""
