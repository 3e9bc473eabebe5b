"""Numbers as CSV: of each table as it is printed, and of all seeds and runs in one tidy file."""

from pandas import DataFrame

from distilbeto.reports.tables.format import without_latex
from distilbeto.reports.tables.frame import summary

PRINTED = (
    *("table", "protocol", "model", "task", "test", "metric", "value", "standard_deviation", "interval_low"),
    *("interval_high", "samples", "unit", "source", "note"),
)
TIDY = (
    *("table", "protocol", "model", "name", "task", "test", "metric", "seed", "run", "value", "interval_low"),
    *("interval_high", "unit", "source", "citation", "superscript", "note"),
)
UNITS = {
    "parameters": "million",
    "mebibytes": "MiB",
    "megabytes": "MB",
    "seconds": "s",
    "train_seconds": "s",
    "examples": "examples",
    "batch_size": "examples",
    "accumulation": "batches",
    "max_length": "tokens",
    "learning_rate": "1",
    "epochs": "epochs",
    "": "",  # of a missing number
}


def unit_of(metric: str) -> str:
    """Percent, unless the part of a metric's name before its point says otherwise."""
    return UNITS.get(metric.partition(".")[0], "percent")


def csv_of(frame: DataFrame) -> str:
    return str(frame.to_csv(index=False, lineterminator="\n"))


def printed_csv(numbers: DataFrame) -> str:
    """The printed numbers in all protocols, one a row, in full precision, with 95 % intervals beside their values."""
    frame = summary(numbers)
    published = ("literature: " + frame.citation).where(frame.citation != "", "measured")
    return csv_of(frame.assign(unit=frame.metric.map(unit_of), source=published)[list(PRINTED)])


def tidy_numbers(numbers: DataFrame) -> DataFrame:
    """The frame for users: one number a row, of one seed or one run, without LaTeX."""
    source = numbers.citation.map(lambda citation: "literature" if citation else "measured")
    units, names = numbers.metric.map(unit_of), numbers.name.map(without_latex)
    return numbers.assign(source=source, unit=units, name=names)[list(TIDY)]
