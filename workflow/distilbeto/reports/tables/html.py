"""Tables as one page for a browser, which needs nothing but itself."""

from typing import Any

from distilbeto.reports.tables.format import decimals, number_text, plain
from distilbeto.reports.tables.notes import caption, label, reasons, remarks
from distilbeto.reports.tables.table import Cell, Row, Table
from distilbeto.reports.tables.template import template
from distilbeto.reports.tables.words import Words


def html_document(tables: list[Table], words: Words, note: str) -> str:
    """All tables, one below the other."""
    filled = [html_table(table, words, note) for table in tables]
    return template("template.html.jinja", escaped=True).render(language=words.language, tables=filled)


def html_table(table: Table, words: Words, note: str) -> dict[str, Any]:
    """What the template needs of one table, as plain text."""
    absent = reasons(table)
    headings = [words.headings[table.first], *(words.headings.get(heading, heading) for heading in table.headings)]
    above = [_texts(table, table.above, words)] if table.above else []
    return {
        "number": label(table, words),
        "caption": caption(table, words) + (f" [{note}]" if note else ""),
        "headers": [*above, headings],
        "rows": [_row(table, row, words, absent) for row in table.rows],
        "notes": [
            *remarks(table, words),
            *(f"[{number}] {words.reasons.get(reason, reason)}" for number, reason in enumerate(absent, start=1)),
        ],
    }


def _texts(table: Table, row: Row, words: Words) -> list[str]:
    """A row of headings: counts, each of them one number."""
    numbers = (cell.numbers[0] if cell.numbers else None for cell in row.cells)
    texts = ("" if number is None else number_text(table, number, words.decimal_mark) for number in numbers)
    return [words.headings[row.name], *texts]


def _row(table: Table, row: Row, words: Words, absent: list[str]) -> dict[str, Any]:
    name = words.headings.get(row.name, plain(row.name))
    return {"name": name, "cells": [_cell(table, cell, words, absent) for cell in row.cells]}


def _cell(table: Table, cell: Cell, words: Words, absent: list[str]) -> dict[str, Any]:
    mark = words.decimal_mark
    numbers = [
        {
            "text": number_text(table, number, mark),
            "bold": number.bold,
            "deviation": "" if number.standard_deviation is None else decimals(number.standard_deviation, mark),
        }
        for number in cell.numbers
    ]
    return {"numbers": numbers, "mark": cell.superscript if numbers else f"[{absent.index(cell.note) + 1}]"}
