"""What tests read off tables and frames."""

import csv
from collections.abc import Iterable
from typing import Any

import pandas as pd
from pandas import DataFrame

from distilbeto.reports.tables.csv_files import printed_csv
from distilbeto.reports.tables.document import all_numbers, all_tables
from distilbeto.reports.tables.frame import ABOVE, Table, tidy
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import Cell, page_of, words_of

SPANISH, ENGLISH = words_of("es"), words_of("en")


def made(settings: AssemblySettings, measured: DataFrame, **more: Any) -> list[Table]:
    return all_tables(settings, all_numbers(settings, measured, **more))


def found(tables: Iterable[Table], number: str, protocol: str = "") -> Table:
    (table,) = (table for table in tables if (table.number, table.protocol) == (number, protocol))
    return table


def models(table: Table) -> list[str]:
    """Of the rows, in their order."""
    numbers = table.numbers[table.numbers.row != ABOVE]
    return list(numbers.sort_values("row", kind="stable").drop_duplicates("row").model)


def cells(table: Table) -> dict[tuple[str, int], Cell]:
    """By model and column."""
    lines = zip(models(table), page_of(table, SPANISH, "").lines, strict=True)
    return {(model, column): cell for model, line in lines for column, cell in enumerate(line.cells)}


def written(cell: Cell) -> str:
    return " / ".join(number.text for number in cell.numbers) + (cell.mark if cell.numbers else "")


def texts(table: Table) -> dict[tuple[str, int], str]:
    return {place: written(cell) for place, cell in cells(table).items()}


def row_of(table: Table, model: str) -> list[str]:
    return [text for (of, _), text in texts(table).items() if of == model]


def bold(table: Table) -> set[tuple[str, int, int]]:
    """(model, column, position in the cell) of all bold numbers."""
    return {
        (model, column, position)
        for (model, column), cell in cells(table).items()
        for position, number in enumerate(cell.numbers)
        if number.bold
    }


def value(table: Table, model: str, column: int = 0) -> Any:
    """The first number of a cell: value, standard_deviation, samples, note."""
    numbers = table.numbers[(table.numbers.model == model) & (table.numbers.column == column)]
    return numbers.iloc[0]


def csv_rows(numbers: DataFrame, table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(printed_csv(numbers[numbers.table == table]).splitlines()))


def with_scores(measured: DataFrame, model: str, task: str, test: str, metrics: dict[str, float]) -> DataFrame:
    """Other scores in place of those of a cell, of seed 42."""
    at = (measured.model == model) & (measured.task == task) & (measured.test == test)
    place = {"model": model, "task": task, "test": test, "seed": 42}
    rows = [place | {"metric": metric, "value": value} for metric, value in metrics.items()]
    return pd.concat([measured[~at], tidy(rows)])


def with_seed(measured: DataFrame, seed: int, by: float | dict[str, float] = 0.0) -> DataFrame:
    """A seed more, whose scores are higher by so much, or by so much in each task."""
    more = measured[measured.seed == 42].assign(seed=seed)
    gains = more.task.map(by).fillna(0.0) if isinstance(by, dict) else by
    return pd.concat([measured, more.assign(value=more.value + gains * (more.test != ""))])
