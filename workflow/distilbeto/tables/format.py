"""Numbers as text, and LaTeX names as plain ones."""

import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from distilbeto.tables.model import Number, Table

ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def decimals(value: float, mark: str, *, places: int = 2, truncate: bool = False) -> str:
    """`value` to two decimals, rounded, or truncated as the thesis printed its scores."""
    step = Decimal(1).scaleb(-places)
    exact = Decimal(repr(value)).quantize(step, ROUND_DOWN if truncate else ROUND_HALF_UP)
    return str(exact).replace(".", mark)


def number_text(table: Table, number: Number, mark: str) -> str:
    """A number as its table prints it. Only the scores of Tables 5.2 and 5.3 of the thesis are truncated."""
    if number.metric == "parameters":
        return decimals(number.value, mark, places=0 if number.value >= 1 else 2)
    return decimals(number.value, mark, truncate=table.protocol == "thesis" and table.number in ("5.2", "5.3"))


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    return re.sub(r"[\\~^&%$#_{}]", lambda found: ESCAPES.get(found[0], "\\" + found[0]), text)


def plain(latex: str) -> str:
    r"""A name without its LaTeX: `BETO \textit{uncased}` is `BETO uncased`."""
    return re.sub(r"\\[a-zA-Z]+\{([^{}]*)\}", r"\1", latex).replace("\\&", "&").replace("\\", "")


def reasons(table: Table) -> list[str]:
    """The reasons why cells of a table are missing, each once, in the order of the table."""
    return list(dict.fromkeys(cell.note for row in table.rows for cell in row.cells if not cell.numbers))
