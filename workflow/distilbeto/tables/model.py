"""What a table is, before it is set in LaTeX, CSV or plain text."""

from typing import Literal, NamedTuple

Protocol = Literal["thesis", "official"]


class Number(NamedTuple):
    """One measured or published quantity of a cell, in percent unless the table says otherwise."""

    metric: str
    value: float
    standard_deviation: float | None = None  # over seeds, or runs of the clock
    samples: int = 1  # seeds or runs
    bold: bool = False


class Cell(NamedTuple):
    """One number, or F1 and exact match; none where the cell is missing, and then `note` says why."""

    task: str
    test: str
    numbers: tuple[Number, ...]
    superscript: str = ""
    source: str = "measured"
    note: str = ""


class Row(NamedTuple):
    model: str
    name: str
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """A table of the thesis, by its number there."""

    number: str
    protocol: Protocol
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
