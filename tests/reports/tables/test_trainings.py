"""Fed with the thesis's own times and hyperparameters, the builder prints Table 5.1 and Annex A as the thesis does."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas import DataFrame
from tests.reports.tables.reading import ENGLISH, SPANISH, found, made, models, row_of, written

from distilbeto.errors import UserError
from distilbeto.job.renames import new_key
from distilbeto.reports.tables.format import scientific
from distilbeto.reports.tables.frame import Table, summary, tidy
from distilbeto.reports.tables.measurements import read_runs
from distilbeto.reports.tables.references import read_published
from distilbeto.reports.tables.renderers import latex_table, text_table
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import page_of
from distilbeto.reports.tables.trainings import (
    hyperparameter_numbers,
    hyperparameter_tables,
    training_numbers,
    training_table,
)

BLANK = "blank in the thesis"
Printed = list[dict[str, str]]


def blank_but(printed: Printed, settings: AssemblySettings, known: set[str]) -> AssemblySettings:
    """The cells that the thesis leaves blank are missing, with that reason, but for `known` ones."""
    blank = {f"{entry['model']}/{entry['task']}" for entry in printed if not entry["value"]}
    return settings.model_copy(update={"missing": dict.fromkeys(blank - known, BLANK)})


def by_task(printed: Printed, table: str) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for entry in printed:
        if entry["table"] == table:
            rows.setdefault(entry["model"], []).append(
                entry["value"].replace(".", ",") if table == "A.8" else entry["value"]
            )
    return rows


def test_every_cell_of_table_51_as_printed(settings: AssemblySettings, runs: DataFrame, printed: Printed) -> None:
    # tiny's runs on PAWS-X and NER have a time, but no hyperparameters: both tables leave blank what they lack
    times = {entry["model"] + "/" + entry["task"] for entry in printed if entry["table"] == "5.1" and entry["value"]}
    part = blank_but(printed, settings, times)
    table = training_table(part, summary(training_numbers(part, runs)))
    page = page_of(table, SPANISH, "")
    assert page.headings[1:] == ["XNLI", "POS", "PAWS-X", "NER", "MLDoC", "MLQA", "TAR"]
    rows = {model: row_of(table, model) for model in models(table)} | {
        "": [written(cell) for cell in page.above[0].cells]
    }
    assert rows == by_task(printed, "5.1")
    assert len(rows) == 9
    assert [line.name for line in page.lines][:3] == ["s-ALBERT tiny", "s-ALBERT base", "s-ALBERT base v2"]


def test_every_cell_of_tables_a1_to_a7_as_printed(
    settings: AssemblySettings, runs: DataFrame, printed: Printed
) -> None:
    known = {f"{entry['model']}/{entry['task']}" for entry in printed if entry["table"][:2] == "A." and entry["value"]}
    part = blank_but(printed, settings, known)
    tables = hyperparameter_tables(part, summary(hyperparameter_numbers(part, runs)))
    assert [table.subject for table in tables] == ["XNLI", "MLDoc", "PAWS-X", "POS", "NER", "QA-MLQA", "QA-TAR"]
    for table in tables:
        rows = {model: row_of(table, model) for model in models(table)}
        assert rows == by_task(printed, table.number)
        assert (len(rows), {len(row) for row in rows.values()}) == (8, {5})


def test_the_rows_of_the_configuration_are_those_of_the_annex(printed: Printed, configured: dict[str, Any]) -> None:
    rows = {(row["model"], row["task"]): row for row in configured["finetuning"]["rows"]}
    annex = [entry for entry in printed if entry["table"][:2] == "A." and entry["task"]]
    for entry in annex:
        row = rows[entry["model"], entry["task"]]
        assert row.get("blank_in_annex", False) is not bool(entry["value"])
        assert not entry["value"] or row[new_key("", entry["metric"]) or entry["metric"]] == float(entry["value"])


def test_every_cell_of_table_a8_as_printed(settings: AssemblySettings, measured: DataFrame, printed: Printed) -> None:
    table = found(made(settings, in_five_runs(measured, printed)), "A.8")
    assert table.headings == ("1°", "2°", "3°", "4°", "5°", "mean")
    assert list(table.numbers[table.numbers.row == 0].metric) == [
        *(f"seconds.{n}" for n in range(1, 6)),
        "seconds.mean",
    ]
    assert {model: row_of(table, model) for model in models(table)} == by_task(printed, "A.8")


def test_the_run_of_tiny_that_has_a_file_gives_another_average(
    settings: AssemblySettings, measured: DataFrame, printed: Printed
) -> None:
    numbers = in_five_runs(measured, printed)
    at = (numbers.model == "s_albert_tiny") & (numbers.metric == "seconds") & (numbers.run == 4)
    table = found(made(settings, numbers.assign(value=numbers.value.where(~at, 1.4421))), "A.8")
    assert row_of(table, "s_albert_tiny")[-1] == "1,58", "printed 1,62"


def in_five_runs(measured: DataFrame, printed: Printed) -> DataFrame:
    times = [
        {"model": entry["model"], "metric": "seconds", "run": int(entry["metric"][-1]), "value": float(entry["value"])}
        for entry in printed
        if entry["table"] == "A.8" and entry["metric"] != "seconds.mean"
    ]
    return pd.concat([measured[measured.metric != "seconds"], tidy(times)], ignore_index=True)


def test_the_slips_of_the_thesis_are_these() -> None:
    """All cells whose printed value is not what its heading says; docs/thesis.md tells their stories."""
    slips = {
        (entry.table, entry.model.removeprefix("s_albert_"), entry.task, entry.metric)
        for entry in read_published("thesis")
        if entry.slip and entry.slip != BLANK
    }
    bases = ("tiny", "base_v1", "base_v2", "base_v3")
    scores = [(test, metric) for test in ("squad.f1", "squad.exact_match") for metric in ("large", "xlarge")]
    assert slips == {
        ("5.1", "", "ner", "examples"),
        ("5.1", "", "mlqa", "examples"),
        ("5.1", "", "tar", "examples"),
        ("5.1", "base_v1", "pos", "train_seconds"),
        ("5.1", "xxlarge", "mlqa", "train_seconds"),
        *(("5.1", base, "mlqa", "train_seconds") for base in bases),
        *(("5.1", model, "tar", "train_seconds") for model in ("large", "xlarge", "xxlarge")),
        ("5.2", "distilbeto", "pos", "subtokens.accuracy"),
        ("5.2", "base_v3", "xnli", "accuracy"),
        *(("5.3", model, "tar", metric) for metric, model in scores),
        ("5.4", "base_v3", "", "average"),
        *(("5.5", model, "", "parameters") for model in ("xlarge", "xxlarge")),
        *(("A.3", model, "paws_x", "batch_size") for model in ("large", "xlarge", "xxlarge", "distilbeto")),
        ("A.8", "tiny", "", "seconds.4"),
    }


def test_a_weight_decay_that_rows_or_points_have_is_a_column_more(settings: AssemblySettings, full: DataFrame) -> None:
    of_xnli = full[(full.task == "xnli") & (full.metric == "epochs")]
    decay = of_xnli.assign(metric="weight_decay", value=0.01)
    numbers = hyperparameter_numbers(settings, pd.concat([full, decay]))
    tables = hyperparameter_tables(settings, summary(numbers))
    assert [table.headings[-1] for table in tables] == ["wd", *["e"] * 6]
    assert {row[-1] for row in (row_of(tables[0], model) for model in models(tables[0]))} == {"0,01"}
    assert "wd: weight decay." in page_of(tables[0], ENGLISH, "").remarks
    assert not any("wd" in remark for remark in page_of(tables[1], ENGLISH, "").remarks)


def test_the_blank_cells_of_the_thesis_are_these() -> None:
    blank = [(entry.table, entry.model, entry.task) for entry in read_published("thesis") if entry.value is None]
    times = {(model, task) for table, model, task in blank if table == "5.1"}
    assert times == {
        *(("s_albert_xlarge", "xnli"), ("s_albert_xxlarge", "xnli")),
        *((model, "mldoc") for table, model, task in blank if table == "5.1" and task == "mldoc"),
    }
    assert len(times) == 10
    assert {(table, model) for table, model, _ in blank if table != "5.1"} == {
        (table, "s_albert_tiny") for table in ("A.2", "A.3", "A.5")
    }


def test_examples_stand_above_the_headings_in_every_form(tables: list[Table]) -> None:
    table = found(tables, "5.1")
    assert latex_table(page_of(table, SPANISH, ""))["headers"] == [
        "N° ejemplos & 392702 & 14305 & 49401 & 8324 & 10000 & 89194 & 89194",
        "Modelo & XNLI & POS & PAWS-X & NER & MLDoC & MLQA & TAR",
    ]
    lines = text_table(page_of(table, ENGLISH, "")).splitlines()
    assert lines[2].startswith("Examples") and lines[3].startswith("Model")


def test_a_task_that_no_model_ran_has_no_count_above_its_heading(settings: AssemblySettings, full: DataFrame) -> None:
    never = {f"{model.key}/xnli": "no data" for model in settings.measured}
    part = settings.model_copy(update={"missing": never})
    numbers = training_numbers(part, full[full.task != "xnli"])
    page = page_of(training_table(part, summary(numbers)), SPANISH, "")
    assert str(latex_table(page)["headers"]).startswith("['N° ejemplos &  & 14305")
    above = text_table(page).splitlines()[2]
    assert "14305" in above and "[" not in above


def test_several_seeds_give_a_mean_time(settings: AssemblySettings, full: DataFrame) -> None:
    other = full.assign(seed=43, value=full.value.where(full.metric != "train_seconds", 3 * full.value))
    part = settings.model_copy(update={"seeds": [42, 43]})
    table = training_table(part, summary(training_numbers(part, pd.concat([full, other]))))
    assert row_of(table, "s_albert_tiny")[1] == "178"


def test_a_halved_micro_batch_is_shown_as_it_ran(settings: AssemblySettings, measured: DataFrame) -> None:
    at = (measured.model == "distilbeto") & (measured.task == "xnli")
    halved = measured.value.mask(at & (measured.metric == "batch_size"), 8).mask(
        at & (measured.metric == "accumulation"), 4
    )
    table = found(made(settings, measured.assign(value=halved)), "A.1")
    assert row_of(table, "distilbeto") == ["8", "4", "512", "5e-5", "4"]


def test_a_file_that_is_no_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"model": "distilbeto"}')
    with pytest.raises(UserError, match=r"run\.json: no task, seed, hyperparameters"):
        read_runs([tmp_path / "run.json"])


@pytest.mark.parametrize(
    ("rate", "text"),
    [(5e-5, "5e-5"), (1e-6, "1e-6"), (0.002, "2e-3"), (1.5e-5, "1,5e-5"), (1e-5, "1e-5"), (0.1, "1e-1")],
)
def test_learning_rates_have_the_fewest_digits(rate: float, text: str) -> None:
    assert scientific(rate, ",") == text
