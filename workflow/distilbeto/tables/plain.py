"""Tables as aligned text, for the terminal."""

import textwrap

from distilbeto.tables.format import decimals, number_text, plain
from distilbeto.tables.model import Cell, Number, Table
from distilbeto.tables.notes import label, reasons, remarks
from distilbeto.tables.text import Words

WIDTH = 100


def plain_document(tables: list[Table], words: Words, note: str) -> str:
    """All tables, one below the other; the best value of a column has a star."""
    return "\n".join(plain_table(table, words, note) for table in tables)


def plain_table(table: Table, words: Words, note: str) -> str:
    absent = reasons(table)
    title = f"{label(table, words)}  {words.captions[table.number]}" + (f" [{note}]" if note else "")
    lines = _aligned(
        [
            [words.model, *(words.headings.get(heading, heading) for heading in table.headings)],
            *([plain(row.name), *(_cell(table, cell, words, absent) for cell in row.cells)] for row in table.rows),
        ]
    )
    rule = "-" * max(map(len, lines))
    notes = [
        *remarks(table, words),
        *(f"[{number}] {words.reasons.get(reason, reason)}" for number, reason in enumerate(absent, start=1)),
    ]
    wrapped = [line for note_text in notes for line in textwrap.wrap(note_text, WIDTH, break_on_hyphens=False)]
    return "\n".join(
        [*textwrap.wrap(title, WIDTH, break_on_hyphens=False), rule, lines[0], rule, *lines[1:], rule, *wrapped, ""]
    )


def _aligned(rows: list[list[str]]) -> list[str]:
    """Columns as wide as their widest text: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[text.rjust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join([row[0].ljust(widths[0]), *texts[1:]]).rstrip() for row, texts in zip(rows, padded, strict=True)]


def _cell(table: Table, cell: Cell, words: Words, absent: list[str]) -> str:
    """A cell without a superscript ends in a space where others have one, so that digits stay below each other."""
    if not cell.numbers:
        return f"- [{absent.index(cell.note) + 1}]"
    marked = any(other.superscript for row in table.rows for other in row.cells)
    return " / ".join(_number(table, number, words) for number in cell.numbers) + (
        cell.superscript.ljust(1) if marked else ""
    )


def _number(table: Table, number: Number, words: Words) -> str:
    text = ("*" if number.bold else "") + number_text(table, number, words.decimal_mark)
    if number.standard_deviation is None:
        return text
    return f"{text} ±{decimals(number.standard_deviation, words.decimal_mark)}"
