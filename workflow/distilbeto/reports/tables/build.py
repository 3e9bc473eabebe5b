"""Tables 5.2-5.5 as data: which number stands where, in which protocol, and which is the best."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from distilbeto.glues.metrics.by_kind import reported_metrics
from distilbeto.reports.tables.latencies import LATENCY_HEADINGS, latency_rows
from distilbeto.reports.tables.results import Scores
from distilbeto.reports.tables.settings import AssemblySettings, Column
from distilbeto.reports.tables.table import Cell, Number, Protocol, Row, Table

AVERAGE = "average"
NOT_PUBLISHED = "not published"


def metrics_of(settings: AssemblySettings, column: Column, protocol: Protocol) -> tuple[str, ...]:
    """The metrics of a column's cells."""
    reported = reported_metrics(
        settings.kinds[column.task],
        spans=column.task in settings.span_tasks,
        answer_metric=settings.answer_metrics.get(column.test, "squad"),
    )
    return reported.thesis if protocol == "thesis" else reported.official


def score_rows(settings: AssemblySettings, scores: Scores, literature: list[Row], protocol: Protocol) -> list[Row]:
    """All rows over all columns of Tables 5.2 and 5.3: the literature's, but for models that are measured, then ours.

    Raises:
        UserError: a score is neither there nor said to be missing.
    """
    columns = settings.columns
    measured = {model.key for model in settings.measured}
    published = [_published(row, columns) for row in literature if row.model not in measured]
    own = [
        Row(
            model.key, model.name, tuple(_measured(settings, scores, model.key, column, protocol) for column in columns)
        )
        for model in settings.measured
    ]
    return [*published, *own]


def _published(row: Row, columns: Sequence[Column]) -> Row:
    cells = {(cell.task, cell.test): cell for cell in row.cells}
    citation = "; ".join(dict.fromkeys(cell.citation for cell in row.cells))
    return row._replace(
        cells=tuple(
            cells.get((c.task, c.test), Cell(c.task, c.test, (), citation=citation, note=NOT_PUBLISHED))
            for c in columns
        )
    )


def _measured(settings: AssemblySettings, scores: Scores, model: str, column: Column, protocol: Protocol) -> Cell:
    place = (model, column.task, column.test)
    reason = settings.missing.get("/".join(place))
    if reason:
        return Cell(column.task, column.test, (), note=reason)
    metrics = metrics_of(settings, column, protocol)
    return Cell(column.task, column.test, tuple(scores.number(place, metric, settings.seeds) for metric in metrics))


def average_cell(row: Row) -> Cell:
    """Mean over the columns of Tables 5.2 and 5.3, a QA column counting as the mean of F1 and exact match (Table 5.4).

    One average a seed, so that its deviation is that of the average. A row with a missing cell has none: one over
    fewer columns would not compare with the others.
    """
    citation = "; ".join(dict.fromkeys(cell.citation for cell in row.cells))
    missing = next((cell for cell in row.cells if not cell.numbers), None)
    if missing is not None:
        return Cell("", "", (), citation=citation, note=missing.note)
    columns = [
        [fmean(of_seed) for of_seed in zip(*(n.values for n in cell.numbers), strict=True)] for cell in row.cells
    ]
    averages = tuple(fmean(of_seed) for of_seed in zip(*columns, strict=True))
    return Cell("", "", (Number(AVERAGE, averages),), citation=citation)


def mark_best(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Make the highest number of each column bold, F1 and exact match apart, ties all of them."""
    best: dict[tuple[int, int], float] = {}
    for row in rows:
        for column, cell in enumerate(row.cells):
            for position, number in enumerate(cell.numbers):
                best[column, position] = max(number.value, best.get((column, position), number.value))
    return tuple(
        row._replace(
            cells=tuple(
                cell._replace(
                    numbers=tuple(
                        number._replace(bold=number.value == best[column, position])
                        for position, number in enumerate(cell.numbers)
                    )
                )
                for column, cell in enumerate(row.cells)
            )
        )
        for row in rows
    )


def interval_tables(settings: AssemblySettings, rows: Sequence[Row]) -> list[Table]:
    """Tables 5.2 and 5.3 again, of the measured `rows` that have intervals: those of single seeds."""
    first, second = settings.tables.classification, settings.tables.question_answering
    parts = (("5.2", first, slice(None, len(first))), ("5.3", second, slice(len(first), None)))
    tables = []
    for number, columns, place in parts:
        cut = (row._replace(cells=row.cells[place]) for row in rows)
        known = tuple(row for row in cut if _has_intervals(row))
        tables.append(Table(number, "intervals", tuple(column.heading for column in columns), known, settings.grid))
    return [table for table in tables if table.rows]


def _has_intervals(row: Row) -> bool:
    numbers = [number for cell in row.cells for number in cell.numbers]
    return bool(numbers) and all(number.interval for number in numbers)


def build_tables(
    settings: AssemblySettings, scores: Scores, latencies: dict[str, dict[str, Any]], literature: list[Row]
) -> list[Table]:
    """Tables 5.2-5.5 as the thesis scored, 5.2-5.4 under the official metrics, then the intervals of 5.2 and 5.3."""
    tables: list[Table] = []
    first = settings.tables.classification
    second = settings.tables.question_answering
    protocols: tuple[Protocol, ...] = ("thesis", "official")
    for protocol in protocols:
        rows = score_rows(settings, scores, literature, protocol)
        left = mark_best([row._replace(cells=row.cells[: len(first)]) for row in rows])
        right = mark_best([row._replace(cells=row.cells[len(first) :]) for row in rows])
        averages = tuple(row._replace(cells=(average_cell(row),)) for row in rows)
        tables.append(Table("5.2", protocol, tuple(column.heading for column in first), left, settings.grid))
        tables.append(Table("5.3", protocol, tuple(column.heading for column in second), right, settings.grid))
        tables.append(Table("5.4", protocol, ("average",), averages, settings.grid))
        if protocol == "thesis":
            tables.append(Table("5.5", protocol, LATENCY_HEADINGS, tuple(latency_rows(settings, latencies))))
    return [*tables, *interval_tables(settings, score_rows(settings, scores, literature, "official"))]
