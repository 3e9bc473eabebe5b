"""Read what the tables are made from: score files, latency files, values from the literature."""

import csv
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.files import read_json
from distilbeto.tables.model import Cell, Number, Row

LITERATURE = Path(__file__).parent / "reference" / "literature.csv"

Place = tuple[str, str, str]


class Scores(NamedTuple):
    """The metrics of each (model, task, test), one mapping a seed."""

    by_place: dict[Place, list[dict[str, float]]]

    def number(self, place: Place, metric: str) -> Number:
        """The mean of a metric over the seeds, and its sample standard deviation where there are several."""
        values = [metrics[metric] for metrics in self.by_place[place]]
        return Number(metric, fmean(values), stdev(values) if len(values) > 1 else None, len(values))


def read_scores(paths: Iterable[Path]) -> Scores:
    """Gather score files by model, task and test set, seeds in the order of the files."""
    by_place: dict[Place, list[dict[str, float]]] = {}
    for path in paths:
        score = read_json(path)
        by_place.setdefault((score["model"], score["task"], score["test"]), []).append(score["metrics"])
    return Scores(by_place)


def read_latencies(paths: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """Latency records by model."""
    return {record["model"]: record for record in map(read_json, paths)}


def read_literature(path: Path = LITERATURE) -> list[Row]:
    """The rows that others published, each cell with its source; metrics are named as in the file."""
    rows: dict[str, Row] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line, entry in enumerate(csv.DictReader(file), start=2):
            row = rows.setdefault(entry["model"], Row(entry["model"], entry["name"], ()))
            try:
                cell = _literature_cell(row, entry)
            except ValueError:
                raise UserError(f"not a number: {entry['value']!r}", where=path, line=line) from None
            others = tuple(other for other in row.cells if (other.task, other.test) != (cell.task, cell.test))
            rows[entry["model"]] = row._replace(cells=(*others, cell))
    return list(rows.values())


def _literature_cell(row: Row, entry: dict[str, str]) -> Cell:
    """The cell of an entry, with the numbers that earlier lines gave it (F1 before exact match)."""
    before = next((cell.numbers for cell in row.cells if (cell.task, cell.test) == (entry["task"], entry["test"])), ())
    number = Number(entry["metric"], float(entry["value"]))
    return Cell(entry["task"], entry["test"], (*before, number), entry["superscript"], entry["source"])
