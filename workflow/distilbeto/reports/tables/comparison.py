"""This run against what was published of the same models: the thesis, and the paper of LREC 2022."""

import csv
import io
from collections.abc import Mapping, Sequence

from distilbeto.reports.tables.build import AVERAGE, NOT_PUBLISHED, average_cell, score_rows
from distilbeto.reports.tables.references import SOURCES, Published, read_published
from distilbeto.reports.tables.results import Scores
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.table import Cell, Number, Protocol, Row, Table

# The paper has SQAC in place of the thesis's last column, so that its averages are over other columns.
PROTOCOLS: dict[str, Protocol] = {"thesis": "thesis", "lrec2022": "official"}
DIFFERENCE = "difference."
COLUMNS = (
    "reference",
    "protocol",
    "model",
    "task",
    "test",
    "metric",
    "value",
    "standard_deviation",
    "samples",
    "published",
    "difference",
    "within_two_deviations",
    "unit",
    "slip",
)

Places = Mapping[tuple[str, str, str], Sequence[Published]]


def places_of(published: Sequence[Published]) -> Places:
    """The published scores of each (model, task, test), F1 before exact match; averages under ("", "")."""
    places: dict[tuple[str, str, str], list[Published]] = {}
    for entry in published:
        if entry.table in ("5.2", "5.3", "5.4", "scores"):
            places.setdefault((entry.model, entry.task, entry.test), []).append(entry)
    return places


def compared_rows(settings: AssemblySettings, scores: Scores, protocol: Protocol) -> list[Row]:
    """The measured rows over all columns and their average."""
    rows = score_rows(settings, scores, [], protocol)
    return [row._replace(cells=(*row.cells, average_cell(row))) for row in rows]


def difference_table(settings: AssemblySettings, scores: Scores, source: str, number: str) -> Table:
    """Differences of the measured models that a source has, in points; bold beyond two standard deviations.

    Raises:
        UserError: a score is neither there nor said to be missing.
    """
    places, protocol = places_of(read_published(source)), PROTOCOLS[source]
    known = {model for model, _, _ in places}
    headings = [column.heading for column in settings.columns]
    if any(not task for _, task, _ in places):
        headings.append(AVERAGE)
    rows = tuple(
        row._replace(cells=tuple(_difference(row.model, cell, places) for cell in row.cells[: len(headings)]))
        for row in compared_rows(settings, scores, protocol)
        if row.model in known
    )
    return Table(number, protocol, tuple(headings), rows, settings.grid, topic="differences", subject=SOURCES[source])


def within_two_deviations(number: Number, published: float) -> bool | None:
    """Whether `published` lies so near to the mean of the seeds; None with a single seed."""
    deviation = number.standard_deviation
    return None if deviation is None else abs(number.value - published) <= 2 * deviation


def comparison_csv(settings: AssemblySettings, scores: Scores) -> str:
    """Every compared number, one a row, with what was published and the difference."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for source, protocol in PROTOCOLS.items():
        places = places_of(read_published(source))
        for row in compared_rows(settings, scores, protocol):
            for cell in row.cells:
                start = (SOURCES[source], protocol, row.model, cell.task, cell.test)
                entries = places.get((row.model, cell.task, cell.test), ())
                for number, entry in zip(cell.numbers, entries, strict=False):
                    writer.writerow(_line(start, number, entry))
    return text.getvalue()


def _difference(model: str, cell: Cell, places: Places) -> Cell:
    entries = places.get((model, cell.task, cell.test), ())
    if not cell.numbers or not entries:
        return cell._replace(numbers=(), note=cell.note or NOT_PUBLISHED)
    pairs = zip(cell.numbers, entries, strict=True)
    return cell._replace(numbers=tuple(_minus(number, entry.value or 0.0) for number, entry in pairs))


def _minus(number: Number, published: float) -> Number:
    values = tuple(value - published for value in number.values)
    return Number(DIFFERENCE + number.metric, values, bold=within_two_deviations(number, published) is False)


def _line(start: tuple[str, ...], number: Number, entry: Published) -> tuple[object, ...]:
    published = entry.value or 0.0
    within = within_two_deviations(number, published)
    return (
        *start,
        number.metric,
        number.value,
        "" if number.standard_deviation is None else number.standard_deviation,
        len(number.values),
        published,
        number.value - published,
        "" if within is None else str(within).lower(),
        "percent",
        entry.slip,
    )
