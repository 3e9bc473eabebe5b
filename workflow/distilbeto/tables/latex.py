"""Tables as LaTeX, in the form of the thesis."""

from pathlib import Path

import jinja2

from distilbeto.tables.format import decimals, escape, number_text, reasons
from distilbeto.tables.model import Cell, Number, Table
from distilbeto.tables.text import Words

TEMPLATE = Path(__file__).parent / "template.tex.jinja"


def latex_document(tables: list[Table], words: Words, note: str) -> str:
    """A document of all tables that compiles on its own with pdflatex."""
    environment = jinja2.Environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - LaTeX, escaped by latex_table
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(babel=words.babel, tables=[latex_table(table, words, note) for table in tables])


def latex_table(table: Table, words: Words, note: str) -> dict[str, object]:
    """What the template needs of one table: number, caption, column specification, header, rows, notes."""
    footnotes = reasons(table)
    headings = [escape(words.headings.get(heading, heading)) for heading in table.headings]
    return {
        "number": table.number + (f" ({words.official})" if table.protocol == "official" else ""),
        "caption": _caption(table, words, note),
        "columns": "l" + "r" * len(headings) if table.number != "5.3" else "l" + "c" * len(headings),
        "header": " & ".join([words.model, *headings]),
        "rows": [
            " & ".join([row.name, *(_cell(table, cell, words, footnotes) for cell in row.cells)]) for row in table.rows
        ],
        "notes": [
            f"\\textsuperscript{{{number}}} {escape(reason)}" for number, reason in enumerate(footnotes, start=1)
        ],
    }


def _caption(table: Table, words: Words, note: str) -> str:
    counts = [number.samples for row in table.rows for cell in row.cells for number in cell.numbers]
    parts = [words.captions[table.number]]
    if table.number != "5.5":
        parts.append(words.protocols[table.protocol][table.number])
        if max(counts, default=1) > 1:
            parts.append(words.several_seeds.format(count=max(counts)))
    if any(cell.superscript for row in table.rows for cell in row.cells):
        parts.append(words.sources)
    return " ".join([*parts, *([f"\\textbf{{{escape(note)}.}}"] if note else [])])


def _cell(table: Table, cell: Cell, words: Words, footnotes: list[str]) -> str:
    if not cell.numbers:
        return f"---\\textsuperscript{{{footnotes.index(cell.note) + 1}}}"
    superscript = f"\\textsuperscript{{{cell.superscript}}}" if cell.superscript else ""
    return " / ".join(_number(table, number, words) for number in cell.numbers) + superscript


def _number(table: Table, number: Number, words: Words) -> str:
    text = number_text(table, number, words.decimal_mark)
    if number.bold:
        text = f"\\textbf{{{text}}}"
    if number.standard_deviation is None:
        return text
    return f"{text} {{\\scriptsize$\\pm$\\,{decimals(number.standard_deviation, words.decimal_mark)}}}"
