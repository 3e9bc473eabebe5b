"""Read what the tables are made from: score files, latency files, values from the literature."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.reports.tables.table import Cell, Number, Row
from distilbeto.storage.files import read_json

LITERATURE = Path(__file__).parent / "reference" / "literature.csv"
RETRY = "Delete the file and run the workflow again."

Place = tuple[str, str, str]


class Score(NamedTuple):
    """The metrics of one seed, their intervals where the file has them, and the file."""

    metrics: dict[str, float]
    path: Path
    intervals: Mapping[str, Sequence[float]] = MappingProxyType({})


class Scores(NamedTuple):
    """The scores of each (model, task, test), by seed."""

    by_place: dict[Place, dict[int, Score]]

    def number(self, place: Place, metric: str, seeds: Sequence[int]) -> Number:
        """A metric over the seeds; its interval where there is only one.

        Raises:
            UserError: a seed has no score file, or its file has no such metric.
        """
        number = Number(metric, tuple(self._value(place, metric, seed) for seed in seeds))
        bounds = self.by_place[place][seeds[0]].intervals.get(metric) if len(seeds) == 1 else None
        return number if bounds is None else number._replace(interval=(bounds[0], bounds[1]))

    def _value(self, place: Place, metric: str, seed: int) -> float:
        score = self.by_place.get(place, {}).get(seed)
        if score is None:
            raise UserError(f"no score file for {'/'.join(place)}, seed {seed}", remedy="Name it after --scores.")
        if metric not in score.metrics:
            found = ", ".join(score.metrics) or "none"
            raise UserError(f"no metric {metric!r}; found: {found}", where=score.path, remedy=RETRY)
        return score.metrics[metric]


def read_scores(paths: Sequence[Path]) -> Scores:
    """Gather score files by model, task, test set and seed.

    Raises:
        UserError: a file is no score file, or two files hold the score of the same seed.
    """
    by_place: dict[Place, dict[int, Score]] = {}
    for path in paths:
        record = record_of(path, ("model", "task", "test", "seed", "metrics"))
        place, seed = (record["model"], record["task"], record["test"]), record["seed"]
        seeds = by_place.setdefault(place, {})
        if seed in seeds:
            first = seeds[seed].path
            raise UserError(f"second score of {'/'.join(place)}, seed {seed}; the first is {first}", where=path)
        seeds[seed] = Score(record["metrics"], path, record.get("intervals", {}))
    return Scores(by_place)


def read_latencies(paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """Latency records by model.

    Raises:
        UserError: a file is no latency file.
    """
    return {
        record["model"]: record
        for record in (
            record_of(path, ("model", "parameters", "seconds", "load_seconds", "memory_mib")) for path in paths
        )
    }


def record_of(path: Path, keys: tuple[str, ...]) -> dict[str, Any]:
    """The record in a file that has these keys.

    Raises:
        UserError: it lacks one of them.
    """
    record = read_json(path)
    absent = [key for key in keys if not isinstance(record, dict) or key not in record]
    if absent:
        raise UserError(f"no {', '.join(absent)}; expected {', '.join(keys)}", where=path, remedy=RETRY)
    return dict(record)


def read_literature(path: Path = LITERATURE) -> list[Row]:
    """The rows that others published, each cell with its citation; metrics are named as in the file."""
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
    number = Number(entry["metric"], (float(entry["value"]),))
    return Cell(entry["task"], entry["test"], (*before, number), entry["superscript"], entry["source"])
