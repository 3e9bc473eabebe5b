"""All numbers as one frame, and all tables as selections of it."""

from collections.abc import Sequence

import pandas as pd
from pandas import DataFrame

from distilbeto.reports.tables.comparison import difference_numbers, difference_tables
from distilbeto.reports.tables.frame import ABOVE, Table, summary, tidy
from distilbeto.reports.tables.references import Published, read_published
from distilbeto.reports.tables.retention import retention_numbers, retention_tables
from distilbeto.reports.tables.scores import (
    average_numbers,
    averaged_scores,
    interval_tables,
    score_numbers,
    score_tables,
)
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.times import (
    onnx_numbers,
    onnx_table,
    run_numbers,
    run_table,
    time_numbers,
    time_table,
)
from distilbeto.reports.tables.trainings import (
    hyperparameter_numbers,
    hyperparameter_tables,
    training_numbers,
    training_table,
)


def all_numbers(
    settings: AssemblySettings, measured: DataFrame, literature: Sequence[Published] | None = None
) -> DataFrame:
    """The numbers of all tables, from those that were measured and published.

    Raises:
        UserError: something is neither there nor said to be missing.
    """
    rows = [row for name in settings.tables.references for row in read_published(name)]
    scores = score_numbers(settings, measured, rows if literature is None else literature)
    times = time_numbers(settings, measured)
    averaged = averaged_scores(settings, scores)
    scored = pd.concat([scores, average_numbers(averaged)])
    parts = [
        training_numbers(settings, measured),
        scored,
        times,
        onnx_numbers(settings, times, measured),
        retention_numbers(settings, averaged, measured),
        difference_numbers(settings, scored),
        hyperparameter_numbers(settings, measured),
        run_numbers(settings, times),
    ]
    numbers = pd.concat([part for part in parts if len(part)] or [tidy([])])
    order = {table: place for place, table in enumerate(numbers.table.unique())}
    return numbers.sort_values("table", key=lambda tables: tables.map(order), kind="stable", ignore_index=True)


def all_tables(settings: AssemblySettings, numbers: DataFrame) -> list[Table]:
    """Table 5.1, Tables 5.2-5.5, the comparisons C.1 and on, then the annex: those that have columns and rows."""
    printed = summary(numbers)
    tables = [
        training_table(settings, printed),
        *score_tables(settings, printed, "thesis"),
        time_table(printed),
        *score_tables(settings, printed, "official"),
        *interval_tables(settings, printed),
        onnx_table(printed),
        *retention_tables(settings, printed),
        *difference_tables(settings, printed),
        *hyperparameter_tables(settings, printed),
        run_table(settings, printed),
    ]
    return [
        table for table in map(_without_empty_rows, tables) if table.headings and (table.numbers.row != ABOVE).any()
    ]


def _without_empty_rows(table: Table) -> Table:
    """Of the published rows, only those that have a number in the columns of the table."""
    rows = table.numbers.groupby("row")
    measured, numbers = rows.citation.transform("min") == "", rows.samples.transform("sum")
    return table._replace(numbers=table.numbers[measured | (numbers > 0)])


def is_annex(table: Table) -> bool:
    return table.number.startswith("A.")
