"""Tables as aligned text, for the terminal."""

from distilbeto.tables.format import decimals, number_text, plain, reasons
from distilbeto.tables.model import Cell, Number, Table
from distilbeto.tables.text import Words


def plain_document(tables: list[Table], words: Words, note: str) -> str:
    """All tables, one below the other; the best value of a column has a star."""
    return "\n".join(plain_table(table, words, note) for table in tables)


def plain_table(table: Table, words: Words, note: str) -> str:
    footnotes = reasons(table)
    lines = [[words.model, *(words.headings.get(heading, heading) for heading in table.headings)]]
    lines += [[plain(row.name), *(_cell(table, cell, words, footnotes) for cell in row.cells)] for row in table.rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    official = f" ({words.official})" if table.protocol == "official" else ""
    title = f"{table.number}{official}  {words.captions[table.number]}" + (f" [{note}]" if note else "")
    body = [
        "  ".join(
            text.ljust(width) if column == 0 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    rule = "-" * len(body[0])
    notes = [f"[{number}] {reason}" for number, reason in enumerate(footnotes, start=1)]
    return "\n".join([title, rule, body[0], rule, *body[1:], rule, *notes, ""])


def _cell(table: Table, cell: Cell, words: Words, footnotes: list[str]) -> str:
    if not cell.numbers:
        return f"- [{footnotes.index(cell.note) + 1}]"
    return " / ".join(_number(table, number, words) for number in cell.numbers) + cell.superscript


def _number(table: Table, number: Number, words: Words) -> str:
    text = ("*" if number.bold else "") + number_text(table, number, words.decimal_mark)
    if number.standard_deviation is None:
        return text
    return f"{text} ±{decimals(number.standard_deviation, words.decimal_mark)}"
