"""Tables 5.5 and A.8 as data: parameters and seconds of each timed model, the fastest first."""

from statistics import median
from typing import Any

from distilbeto.errors import UserError
from distilbeto.reports.tables.settings import AssemblySettings, ModelRow
from distilbeto.reports.tables.table import Cell, Number, Row, Table

LATENCY_HEADINGS = ("parameters", "seconds", "median", "load", "memory")  # the thesis's two columns, and three more


def latency_rows(settings: AssemblySettings, latencies: dict[str, dict[str, Any]]) -> list[Row]:
    """The rows of Table 5.5; models without a time stand last.

    Raises:
        UserError: a model that is not said to be missing has no time.
    """
    rows = [
        Row(model.key, model.short_name, _cells(settings, latencies.get(model.key), model))
        for model in settings.models
        if model.latency
    ]
    return sorted(rows, key=lambda row: row.cells[1].numbers[0].value if row.cells[1].numbers else float("inf"))


def run_times(settings: AssemblySettings, latencies: dict[str, dict[str, Any]], number: str) -> Table:
    """Table A.8: the seconds of each run, and their mean."""
    runs = max((len(record["seconds"]) for record in latencies.values()), default=0)
    rows = (row._replace(cells=_runs(row.cells[1], runs)) for row in latency_rows(settings, latencies))
    return Table(number, "", (*(f"{run}°" for run in range(1, runs + 1)), "mean"), tuple(rows), topic="runs")


def _runs(cell: Cell, runs: int) -> tuple[Cell, ...]:
    """A cell of the seconds of all runs, taken apart."""
    if not cell.numbers:
        return (cell,) * (runs + 1)
    (number,) = cell.numbers
    metrics = {f"seconds.{run}": value for run, value in enumerate(number.values, start=1)}
    metrics["seconds.mean"] = number.value
    return tuple(Cell("", "", (Number(metric, (value,)),)) for metric, value in metrics.items())


def _cells(settings: AssemblySettings, record: dict[str, Any] | None, model: ModelRow) -> tuple[Cell, ...]:
    if record is None:
        if model.key not in settings.missing:
            raise UserError(f"no latency file for {model.key}", remedy="Name it after --latencies.")
        return (Cell("", "", (), note=settings.missing[model.key]),) * len(LATENCY_HEADINGS)
    seconds = tuple(record["seconds"])
    numbers = (
        Number("parameters", (record["parameters"] / 1e6,)),
        Number("seconds", seconds),
        Number("seconds.median", (median(seconds),)),
        Number("seconds.load", (record["load_seconds"],)),
        Number("mebibytes", (record["memory_mib"],)),
    )
    return tuple(Cell("", "", (number,)) for number in numbers)
