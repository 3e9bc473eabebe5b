"""Tables as LaTeX, in the form of the thesis."""

from distilbeto.reports.tables.format import decimals, escape, number_text, widest_deviation
from distilbeto.reports.tables.notes import caption, label, reasons, remarks
from distilbeto.reports.tables.table import Cell, Number, Row, Table
from distilbeto.reports.tables.template import template
from distilbeto.reports.tables.words import Words


def latex_document(tables: list[Table], words: Words, note: str) -> str:
    """A document of all tables that compiles on its own with pdflatex."""
    filled = [latex_table(table, words, note) for table in tables]
    return template("template.tex.jinja", escaped=False).render(babel=words.babel, tables=filled)


def latex_table(table: Table, words: Words, note: str) -> dict[str, object]:
    """What the template needs of one table: number, caption, column specification, header, rows, notes."""
    absent = reasons(table)
    headings = [escape(words.headings.get(heading, heading)) for heading in table.headings]
    above = [table.above] if table.above else []
    return {
        "number": label(table, words),
        "caption": escape(caption(table, words)) + (f" \\textbf{{{escape(note)}.}}" if note else ""),
        "columns": "l" + ("c" if table.number == "5.3" or table.protocol == "intervals" else "r") * len(headings),
        "wide": table.key == "differences",  # all columns in one table: with smaller gaps it is shrunk less
        "headers": [
            *(_row(table, row, words, absent) for row in above),
            " & ".join([words.headings[table.first], *headings]),
        ],
        "rows": [_row(table, row, words, absent) for row in table.rows],
        "notes": [
            *(escape(remark) for remark in remarks(table, words)),
            *(
                f"\\textsuperscript{{{number}}} {escape(words.reasons.get(reason, reason))}"
                for number, reason in enumerate(absent, start=1)
            ),
        ],
    }


def _row(table: Table, row: Row, words: Words, absent: list[str]) -> str:
    cells = (_cell(table, place, cell, words, absent) for place, cell in enumerate(row.cells))
    return " & ".join([words.headings.get(row.name, row.name), *cells])


def _cell(table: Table, column: int, cell: Cell, words: Words, absent: list[str]) -> str:
    """Superscripts take no width, so that the digits of a column stay below each other."""
    if not (cell.numbers or cell.note):
        return ""  # above a column without a run
    mark = cell.superscript if cell.numbers else str(absent.index(cell.note) + 1)
    raised = f"\\rlap{{\\textsuperscript{{{mark}}}}}" if mark else ""
    if not cell.numbers:
        return f"---{raised}"
    spread = widest_deviation(table, column, words.decimal_mark)
    *others, last = cell.numbers
    texts = [_number(table, number, words, "", spread) for number in others]
    return " / ".join([*texts, _number(table, last, words, raised, spread)])


def _number(table: Table, number: Number, words: Words, raised: str, spread: str) -> str:
    """A number, its superscript and its deviation; or, where others of the column have one, the room of `spread`."""
    text = number_text(table, number, words.decimal_mark)
    if number.bold:
        text = f"\\textbf{{{text}}}"
    if number.standard_deviation is not None:
        return text + raised + _deviation(decimals(number.standard_deviation, words.decimal_mark))
    return text + raised + (f"\\phantom{{{_deviation(spread)}}}" if spread else "")


def _deviation(text: str) -> str:
    return f" {{\\scriptsize$\\pm$\\,{text}}}"
