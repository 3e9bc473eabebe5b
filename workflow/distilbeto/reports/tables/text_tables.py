"""Tables as aligned text, for the terminal."""

import textwrap

from distilbeto.reports.tables.format import decimals, number_text, plain, widest_deviation
from distilbeto.reports.tables.notes import caption, label, reasons, remarks
from distilbeto.reports.tables.table import Cell, Number, Row, Table
from distilbeto.reports.tables.words import Words

WIDTH = 100


def plain_document(tables: list[Table], words: Words, note: str) -> str:
    """All tables, one below the other; the best value of a column has a star."""
    return "\n".join(plain_table(table, words, note) for table in tables)


def plain_table(table: Table, words: Words, note: str) -> str:
    absent = reasons(table)
    title = f"{label(table, words)}  {caption(table, words)}" + (f" [{note}]" if note else "")
    above = [table.above] if table.above else []
    lines = _aligned(
        [
            *(_row(table, row, words, absent) for row in above),
            [words.headings[table.first], *(words.headings.get(heading, heading) for heading in table.headings)],
            *(_row(table, row, words, absent) for row in table.rows),
        ]
    )
    rule, head = "-" * max(map(len, lines)), len(above) + 1
    notes = [
        *remarks(table, words),
        *(f"[{number}] {words.reasons.get(reason, reason)}" for number, reason in enumerate(absent, start=1)),
    ]
    wrapped = [line for note_text in notes for line in textwrap.wrap(note_text, WIDTH, break_on_hyphens=False)]
    titles = textwrap.wrap(title, WIDTH, break_on_hyphens=False)
    return "\n".join([*titles, rule, *lines[:head], rule, *lines[head:], rule, *wrapped, ""])


def _aligned(rows: list[list[str]]) -> list[str]:
    """Columns as wide as their widest text: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[text.rjust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join([row[0].ljust(widths[0]), *texts[1:]]).rstrip() for row, texts in zip(rows, padded, strict=True)]


def _row(table: Table, row: Row, words: Words, absent: list[str]) -> list[str]:
    name = words.headings.get(row.name, plain(row.name))
    return [name, *(_cell(table, place, cell, words, absent) for place, cell in enumerate(row.cells))]


def _cell(table: Table, column: int, cell: Cell, words: Words, absent: list[str]) -> str:
    """A cell without a superscript ends in a space where others have one, so that digits stay below each other."""
    if not (cell.numbers or cell.note):
        return ""  # above a column without a run
    if not cell.numbers:
        return f"- [{absent.index(cell.note) + 1}]"
    marked = any(other.superscript for row in table.rows for other in row.cells)
    mark = cell.superscript.ljust(1) if marked else ""
    spread = widest_deviation(table, column, words.decimal_mark)
    *others, last = cell.numbers
    texts = [_number(table, number, words, "", spread) for number in others]
    return " / ".join([*texts, _number(table, last, words, mark, spread)])


def _number(table: Table, number: Number, words: Words, mark: str, spread: str) -> str:
    """A number, its superscript and its deviation; or, where others of the column have one, the room of `spread`."""
    text = ("*" if number.bold else "") + number_text(table, number, words.decimal_mark)
    room = len(_deviation(spread)) if spread else 0
    if number.standard_deviation is None:
        return text + mark + " " * room
    return text + _deviation(decimals(number.standard_deviation, words.decimal_mark)).ljust(room) + mark


def _deviation(text: str) -> str:
    return f" ±{text}"
