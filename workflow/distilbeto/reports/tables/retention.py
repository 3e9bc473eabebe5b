"""What a student keeps of its teacher's scores, and what it saves: the thesis's 94 %, 40 % and 50 %."""

from collections.abc import Iterator, Mapping
from statistics import fmean
from typing import Any

from distilbeto.reports.tables.build import NOT_PUBLISHED, average_cell, score_rows
from distilbeto.reports.tables.format import plain
from distilbeto.reports.tables.references import SOURCES, read_published
from distilbeto.reports.tables.results import Scores
from distilbeto.reports.tables.settings import AssemblySettings, ModelRow
from distilbeto.reports.tables.table import Cell, Number, Protocol, Row, Table

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
    elsewhere = {name: published(name) for name in PUBLISHED}
    tables = []
    for model in (model for model in settings.measured if model.teacher):
        pairs = pairs_of(settings, scores, literature, model)
        sources = {"": measured(pairs, latencies)} | elsewhere
        tests = len(pairs["official"][0].cells) if pairs else 0
        partial = f"{tests} of {len(settings.columns)} tests" if 0 < tests < len(settings.columns) else ""
        rows = tuple(Row(model.key, quantity, _cells(sources, quantity, model, partial)) for quantity in QUANTITIES)
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


def pairs_of(
    settings: AssemblySettings, scores: Scores, literature: list[Row], model: ModelRow
) -> dict[Protocol, tuple[Row, Row]]:
    """The rows of a student and its teacher, cut to the tests that both have, in both protocols.

    The teacher's row is the published one where it is not measured; without either there are none.
    """
    pairs: dict[Protocol, tuple[Row, Row]] = {}
    protocols: tuple[Protocol, ...] = ("thesis", "official")
    for protocol in protocols:
        rows = {row.model: row for row in score_rows(settings, scores, literature, protocol)}
        teacher = rows.get(model.teacher or "")
        if teacher is not None:
            pairs[protocol] = _cut_to_shared(rows[model.key], teacher)
    return pairs


def _cut_to_shared(first: Row, second: Row) -> tuple[Row, Row]:
    cells = enumerate(zip(first.cells, second.cells, strict=True))
    shared = [place for place, (one, other) in cells if one.numbers and other.numbers]
    return (
        first._replace(cells=tuple(first.cells[place] for place in shared)),
        second._replace(cells=tuple(second.cells[place] for place in shared)),
    )


def measured(pairs: Mapping[Protocol, tuple[Row, Row]], latencies: Latencies) -> Quantities:
    """The averages of a student and its teacher in both protocols; parameters and seconds of all models."""
    quantities = {
        (f"kept.{protocol}", row.model): average_cell(row).numbers[0].value
        for protocol, pair in pairs.items()
        for row in pair
        if row.cells
    }
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


def _cells(sources: Mapping[str, Quantities], quantity: str, model: ModelRow, partial: str) -> tuple[Cell, ...]:
    """`partial` says of how many tests our own averages are, if not of all."""
    cells = []
    for name, source in sources.items():
        value = share(source, quantity, model.key, model.teacher or "")
        numbers = () if value is None else (Number(quantity, (value,)),)
        if numbers:
            note = "" if name or not quantity.startswith("kept.") else partial
        else:
            note = NOT_PUBLISHED if name else NOT_MEASURED
        cells.append(Cell("", "", numbers, citation=SOURCES.get(name, ""), note=note))
    return tuple(cells)
