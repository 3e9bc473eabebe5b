"""Tables C.2 and on: this run against what was published of the same models, in the thesis and by others."""

import pandas as pd
from pandas import DataFrame, Series

from distilbeto.reports.tables.csv_files import csv_of, unit_of
from distilbeto.reports.tables.frame import (
    NOT_PUBLISHED,
    OTHER_TESTS,
    Table,
    joined,
    select,
    summary,
    tidy,
    without_number,
)
from distilbeto.reports.tables.references import PROTOCOLS, SOURCES, Published, averaged_tests, read_published
from distilbeto.reports.tables.scores import AVERAGE
from distilbeto.reports.tables.settings import AssemblySettings

FIRST_TABLE = 2
SCORES = ("5.2", "5.3", "5.4", "scores")
DIFFERENCE = "difference."
COLUMNS = (
    *("reference", "protocol", "model", "task", "test", "metric", "value", "standard_deviation", "samples"),
    *("published", "difference", "within_two_deviations", "unit", "slip"),
)


def tables_of(settings: AssemblySettings) -> dict[str, str]:
    """The number of each comparison's table, such as C.2."""
    return {source: f"C.{number}" for number, source in enumerate(settings.tables.compared_with, start=FIRST_TABLE)}


def published_scores(source: str) -> DataFrame:
    """The scores of a source, F1 before exact match. Averages have neither task nor test."""
    scores = pd.DataFrame(read_published(source), columns=Published._fields).query("table in @SCORES")
    scores["position"] = scores.groupby(["model", "task", "test"]).cumcount()
    return scores[["model", "task", "test", "position", "value", "slip"]].rename(columns={"value": "published"})


def compared(settings: AssemblySettings, numbers: DataFrame, source: str) -> DataFrame:
    """The measured scores and averages in the protocol of a source, beside what it has of them: NaN where nothing.

    A published average has no place beside one over other tests.
    """
    models = [model.key for model in settings.measured]
    ours = numbers[numbers.table.isin(SCORES) & numbers.model.isin(models) & (numbers.protocol == PROTOCOLS[source])]
    position = ours.groupby(["table", "row", "column", "seed"], dropna=False).cumcount()
    before = {"5.2": 0, "5.3": len(settings.tables.classification), "5.4": len(settings.columns)}
    ours = ours.assign(position=position, column=ours.column + ours.table.map(before).astype(int))
    published = published_scores(source)
    if averaged_tests(source) != {(column.task, column.test) for column in settings.averaged}:
        published = published[published.task != ""]
    found = ours.merge(published, how="left", on=["model", "task", "test", "position"])
    return found.sort_values(["row", "column"], kind="stable")


def difference_numbers(settings: AssemblySettings, scores: DataFrame) -> DataFrame:
    """Differences of the measured models that a source has, in points; of averages too where the source has them."""
    tables = tables_of(settings).items()
    return pd.concat([tidy([]), *(_differences(settings, scores, source, table) for source, table in tables)])


def _differences(settings: AssemblySettings, scores: DataFrame, source: str, table: str) -> DataFrame:
    beside = compared(settings, scores, source).assign(table=table)
    beside = beside[beside.model.isin(beside.model[beside.published.notna()])]
    if not _has_averages(source):
        beside = beside[beside.task != ""]
    beside = beside.assign(value=beside.value - beside.published, metric=DIFFERENCE + beside.metric)
    found, absent = beside[beside.value.notna()], without_number(beside[beside.value.isna()])
    reasons = absent.task.map(lambda task: NOT_PUBLISHED if task else OTHER_TESTS)
    absent["note"] = absent.note.where(absent.note != "", reasons)
    return joined([tidy(found), absent])


def _has_averages(source: str) -> bool:
    return not published_scores(source).task.all()


def difference_tables(settings: AssemblySettings, printed: DataFrame) -> list[Table]:
    """A table for each source, of the columns that it published something in."""
    tables = []
    for source, number in tables_of(settings).items():
        headings = [column.heading for column in settings.columns] + [AVERAGE] * _has_averages(source)
        numbers, protocol, name = select(printed, number, PROTOCOLS[source]), PROTOCOLS[source], SOURCES[source]
        kept = sorted(numbers.column[numbers.note != NOT_PUBLISHED].unique())
        numbers = numbers[numbers.column.isin(kept)]
        numbers = numbers.assign(column=numbers.column.map({column: place for place, column in enumerate(kept)}))
        headings = [headings[column] for column in kept]
        tables.append(Table(number, tuple(headings), numbers, protocol, "differences", name, grid=settings.grid))
    return tables


def is_far(difference: Series, deviation: Series) -> Series:
    """Whether a difference is of more than two standard deviations of the seeds; never with a single seed."""
    return difference.abs() > 2 * deviation


def comparison_csv(settings: AssemblySettings, numbers: DataFrame) -> str:
    """Every compared number, one a row, with what was published and the difference."""
    sources = settings.tables.compared_with
    compared_with = [compared(settings, numbers, source).assign(reference=SOURCES[source]) for source in sources]
    if not compared_with:
        return csv_of(pd.DataFrame(columns=list(COLUMNS)))
    beside = pd.concat(compared_with)
    known = summary(beside.dropna(subset=["value", "published"]), more=["reference", "published", "slip"])
    difference = known.value - known.published
    near = (~is_far(difference, known.standard_deviation)).map({True: "true", False: "false"})
    frame = known.assign(
        difference=difference,
        within_two_deviations=near.where(known.standard_deviation.notna(), ""),
        unit=known.metric.map(unit_of),
    )
    return csv_of(frame[list(COLUMNS)])
