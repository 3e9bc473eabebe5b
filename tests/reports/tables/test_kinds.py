"""Columns of numbers and of sets of labels beside those of the thesis."""

import pandas as pd
import pytest
from pandas import DataFrame
from tests.reports.tables.reading import ENGLISH, SPANISH, csv_rows, found, made, row_of, texts

from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.frame import tidy
from distilbeto.reports.tables.renderers import latex_document
from distilbeto.reports.tables.settings import AssemblySettings, Column
from distilbeto.reports.tables.text import Document, page_of

MORE = {"sts": ("regression", "combined", "STS"), "topics": ("multi_label_classification", "micro_f1", "Temas")}


@pytest.fixture
def wider(settings: AssemblySettings) -> AssemblySettings:
    columns = [Column(task=task, test=f"{task}_test", heading=MORE[task][2], average=False) for task in MORE]
    tables = settings.tables.model_copy(update={"classification": [*settings.tables.classification, *columns]})
    kinds = settings.kinds | {task: kind for task, (kind, _, _) in MORE.items()}
    return AssemblySettings.model_validate(
        settings.model_dump()
        | {"tables": tables.model_dump(), "kinds": {name: str(kind) for name, kind in kinds.items()}}
    )


@pytest.fixture
def more(measured: DataFrame) -> DataFrame:
    """Each model a correlation below 0, and an F1."""
    values = {"sts": -12.345, "topics": 61.5}
    rows = [
        {"model": model, "task": task, "test": f"{task}_test", "metric": metric, "seed": 42, "value": values[task]}
        for model in measured.model[measured.task == "xnli"].unique()
        for task, (_, metric, _) in MORE.items()
    ]
    trained = measured[(measured.task == "xnli") & (measured.test == "") & (measured.metric != "examples")]
    runs = [trained.assign(task=task) for task in MORE]
    return pd.concat([measured, tidy(rows), *runs])


def test_each_kind_has_its_metric_and_its_column(wider: AssemblySettings, more: DataFrame) -> None:
    tables = made(wider, more)
    for protocol, shown in (("thesis", "−12,34"), ("official", "−12,35")):
        assert row_of(found(tables, "5.2", protocol), "distilbeto")[-2:] == [shown, "61,50"]
    rows = [row for row in csv_rows(all_numbers(wider, more), "5.2") if row["task"] in MORE and row["value"]]
    assert {(row["metric"], row["unit"]) for row in rows} == {("combined", "percent"), ("micro_f1", "percent")}
    latex = latex_document(Document([page_of(found(tables, "5.2", "official"), SPANISH, "")], SPANISH))
    assert "STS & Temas" in latex


def test_a_column_that_is_not_averaged_changes_no_average(
    settings: AssemblySettings, measured: DataFrame, wider: AssemblySettings, more: DataFrame
) -> None:
    before, after = made(settings, measured), made(wider, more)
    for protocol in ("thesis", "official"):
        table = found(after, "5.4", protocol)
        assert texts(table) == texts(found(before, "5.4", protocol))
        assert "Sin las columnas STS, Temas." in page_of(table, SPANISH, "").remarks
        assert "Without the columns STS, Temas." in page_of(table, ENGLISH, "").remarks
        assert not any("Sin las" in remark for remark in page_of(found(before, "5.4", protocol), SPANISH, "").remarks)
    assert texts(found(after, "C.1")) == texts(found(before, "C.1"))
    last = [row_of(found(tables, "C.2", "thesis"), "distilbeto")[-1] for tables in (before, after)]
    assert last[0] == last[1]


def test_one_that_is_averaged_does(wider: AssemblySettings, more: DataFrame) -> None:
    columns = [column.model_copy(update={"average": True}) for column in wider.tables.classification]
    tables = wider.tables.model_copy(update={"classification": columns})
    after = found(made(wider.model_copy(update={"tables": tables}), more), "5.4", "official")
    of_eight = 8 * float(row_of(found(made(wider, more), "5.4", "official"), "distilbeto")[0].replace(",", "."))
    assert float(row_of(after, "distilbeto")[0].replace(",", ".")) == pytest.approx(
        (of_eight - 12.345 + 61.5) / 10, abs=0.011
    )
