"""What follows Table 5.5's own columns: medians, loading and memory, and the same models on onnxruntime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.reports.tables.results import Scores, record_of
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.table import Cell, Number, Row, Table

NOT_SCORED = "not measured"
FORMS = ("model", "int8")
MEGABYTE = 1e6

Records = Mapping[tuple[str, str], dict[str, Any]]  # by model and form


class Runtimes(NamedTuple):
    """Sizes of each model's forms; times and scores of each ONNX form."""

    sizes: Mapping[str, dict[str, int]]
    latencies: Records
    scores: Records


def read_runtimes(manifests: Sequence[Path], latencies: Sequence[Path], scores: Sequence[Path]) -> Runtimes:
    """Read the files of onnx/; the form of a score stands in the name of its file: score-int8.json.

    Raises:
        UserError: a file is not what it should be.
    """
    sizes = [record_of(path, ("model", "bytes")) for path in manifests]
    times = [record_of(path, ("model", "form", "seconds")) for path in latencies]
    return Runtimes(
        {record["model"]: record["bytes"] for record in sizes},
        {(record["model"], record["form"]): record for record in times},
        {_place(path, record): record for path in scores for record in [record_of(path, ("model", "metrics"))]},
    )


def runtime_table(
    settings: AssemblySettings, rows: Sequence[Row], scores: Scores, latencies: Mapping[str, Any], runtimes: Runtimes
) -> Table:
    """Seconds, megabytes and NER F1 of PyTorch, ONNX and int8, for the models of Table 5.5 in its order.

    The score is that of the first seed, over words.
    """
    headings = ("pytorch", "bytes", "score", "onnx", "bytes", "score", "int8", "bytes", "score")
    known = [row for row in rows if row.model in runtimes.sizes]
    return Table(
        "5.5",
        "runtimes",
        headings,
        tuple(row._replace(cells=_cells(settings, row.model, scores, latencies, runtimes)) for row in known),
        topic="runtimes",
    )


def _place(path: Path, record: dict[str, Any]) -> tuple[str, str]:
    return record["model"], path.stem.rpartition("-")[2]


def _cells(
    settings: AssemblySettings, model: str, scores: Scores, latencies: Mapping[str, Any], runtimes: Runtimes
) -> tuple[Cell, ...]:
    sizes, metric, place = runtimes.sizes[model], "conlleval.f1", (model, settings.timed_task, settings.timed_test)
    original = scores.by_place.get(place, {}).get(settings.seeds[0])
    found = original.metrics.get(metric) if original else None
    cells = [*_form("pytorch", latencies[model]["seconds"], sizes["original"], found)]
    for form, name in zip(FORMS, ("onnx", "int8"), strict=True):
        score = runtimes.scores.get((model, form), {}).get("metrics", {}).get(metric)
        cells += _form(name, runtimes.latencies[model, form]["seconds"], sizes[form], score)
    return tuple(cells)


def _form(name: str, seconds: Sequence[float], size: int, score: float | None) -> list[Cell]:
    numbers = [Number(f"seconds.{name}", tuple(seconds)), Number(f"megabytes.{name}", (size / MEGABYTE,))]
    cells = [Cell("", "", (number,)) for number in numbers]
    scored = () if score is None else (Number(f"f1.{name}", (score,)),)
    return [*cells, Cell("", "", scored, note="" if scored else NOT_SCORED)]
