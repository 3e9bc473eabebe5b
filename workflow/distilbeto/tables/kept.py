"""What a student keeps of its teacher's scores, and what it saves: the thesis's 94 %, 40 % and 50 %."""

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from distilbeto.tables.build import NOT_PUBLISHED, average_cell, score_rows
from distilbeto.tables.format import plain
from distilbeto.tables.model import Cell, Number, Protocol, Row, Table
from distilbeto.tables.references import SOURCES, read_published
from distilbeto.tables.results import Scores
from distilbeto.tables.settings import AssemblySettings, ModelRow

NOT_MEASURED = "not measured"
PUBLISHED = ("thesis", "lrec2022")
HEADINGS = ("this", *PUBLISHED)
QUANTITIES = ("kept.thesis", "kept.official", "less.parameters", "less.seconds")

Latencies = dict[str, dict[str, Any]]
Quantities = Mapping[tuple[str, str], float]  # by what is measured, before the point, and the model


def kept_tables(
    settings: AssemblySettings, scores: Scores, latencies: Latencies, literature: list[Row], number: str
) -> list[Table]:
    """One table of each student that has a teacher, in percent of that teacher: measured, and as published."""
    sources = {"": measured(settings, scores, latencies, literature)} | {name: published(name) for name in PUBLISHED}
    tables = []
    for model in (model for model in settings.measured if model.teacher):
        rows = tuple(Row(model.key, quantity, _cells(sources, quantity, model)) for quantity in QUANTITIES)
        tables.append(
            Table(number, "", HEADINGS, rows, settings.grid, topic="kept", subject=plain(model.name), first="what")
        )
    return tables


def share(source: Quantities, quantity: str, student: str, teacher: str) -> float | None:
    """`kept.*`: the student's number in percent of the teacher's; `less.*`: by how much it is less."""
    mine, whole = source.get((quantity, student)), source.get((quantity, teacher))
    if mine is None or not whole:
        return None
    return 100 * (whole - mine) / whole if quantity.startswith("less.") else 100 * mine / whole


def measured(settings: AssemblySettings, scores: Scores, latencies: Latencies, literature: list[Row]) -> Quantities:
    """Averages in both protocols, published ones where a model is not measured; parameters and seconds."""
    quantities: dict[tuple[str, str], float] = {}
    protocols: tuple[Protocol, ...] = ("thesis", "official")
    for protocol in protocols:
        for row in score_rows(settings, scores, literature, protocol):
            for number in average_cell(row).numbers:
                quantities[f"kept.{protocol}", row.model] = number.value
    for model, record in latencies.items():
        quantities["less.parameters", model] = record["parameters"]
        quantities["less.seconds", model] = fmean(record["seconds"])
    return quantities


def published(source: str) -> Quantities:
    """The same of a publication."""
    return dict(_published(source))


def _published(source: str) -> Iterator[tuple[tuple[str, str], float]]:
    names = {
        "average": "kept.thesis" if source == "thesis" else "kept.official",
        "parameters": "less.parameters",
        "seconds": "less.seconds",
    }
    for entry in read_published(source):
        if entry.metric in names and entry.value is not None:
            yield (names[entry.metric], entry.model), entry.value


def _cells(sources: Mapping[str, Quantities], quantity: str, model: ModelRow) -> tuple[Cell, ...]:
    cells = []
    for name, source in sources.items():
        value = share(source, quantity, model.key, model.teacher or "")
        numbers = () if value is None else (Number(quantity, (value,)),)
        note = "" if numbers else NOT_PUBLISHED if name else NOT_MEASURED
        cells.append(Cell("", "", numbers, citation=SOURCES.get(name, ""), note=note))
    return tuple(cells)
