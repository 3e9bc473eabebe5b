"""Tables as CSV: one value a row, in full precision, with its unit, protocol, seeds and source."""

import csv
import io
from collections.abc import Iterator

from distilbeto.reports.tables.table import Cell, Row, Table

COLUMNS = (
    "table",
    "protocol",
    "model",
    "task",
    "test",
    "metric",
    "value",
    "standard_deviation",
    "interval_low",
    "interval_high",
    "samples",
    "unit",
    "source",
    "note",
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
}


def csv_text(tables: list[Table]) -> str:
    """The tables of one number, in all protocols, as CSV with a header; 95 % intervals stand beside their values."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for table in (table for table in tables if table.protocol != "intervals"):
        for row in [*([table.above] if table.above else []), *table.rows]:
            for cell in row.cells:
                writer.writerows(_lines(table, row, cell))
    return text.getvalue()


def _lines(table: Table, row: Row, cell: Cell) -> Iterator[tuple[object, ...]]:
    source = f"literature: {cell.citation}" if cell.citation else "measured"
    start = (table.number, table.protocol, row.model, cell.task, cell.test)
    if not cell.numbers:
        yield (*start, "", "", "", "", "", 0, "", source, cell.note)
    for number in cell.numbers:
        deviation = "" if number.standard_deviation is None else number.standard_deviation
        low, high = number.interval or ("", "")
        unit = UNITS.get(number.metric.partition(".")[0], "percent")
        yield (*start, number.metric, number.value, deviation, low, high, len(number.values), unit, source, cell.note)
