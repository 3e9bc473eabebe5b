"""What a table is, before it is set in LaTeX, CSV or plain text."""

from statistics import fmean, stdev
from typing import Literal, NamedTuple

Protocol = Literal[
    "thesis", "official", "intervals", "runtimes", ""
]  # intervals: of the official metrics; empty: no scores


class Number(NamedTuple):
    """One measured or published quantity of a cell, in percent unless the table says otherwise."""

    metric: str
    values: tuple[float, ...]  # one a seed, in the order of the settings, or one a run of the clock
    bold: bool = False
    interval: tuple[float, float] | None = None  # at 95 %, over the test examples; of a single seed alone

    @property
    def value(self) -> float:
        return fmean(self.values)

    @property
    def standard_deviation(self) -> float | None:
        """Of the sample; None where there is only one value."""
        return stdev(self.values) if len(self.values) > 1 else None


class Cell(NamedTuple):
    """One number, or F1 and exact match; none where the cell is missing, and then `note` says why."""

    task: str
    test: str
    numbers: tuple[Number, ...]
    superscript: str = ""
    citation: str = ""  # of a published value; empty where it was measured here
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
    grid: str = ""  # where the hyperparameters of measured rows were searched; empty for those of Annex A
    above: Row | None = None  # stands above the headings
    topic: str = ""  # the key of its words, where the number is not
    subject: str = ""  # fills the caption
    first: str = "model"  # the key of the first column's heading
    remarks: tuple[str, ...] = ()  # notes of this one table, in its language

    @property
    def key(self) -> str:
        """What its words are found by."""
        return self.topic or self.number
