"""Fed with the thesis's own times and hyperparameters, the builder prints Table 5.1 and Annex A as the thesis does."""

from pathlib import Path
from typing import Any

import pytest
from distilbeto.reports.tables.latencies import run_times
from distilbeto.reports.tables.latex import latex_table
from distilbeto.reports.tables.table import Cell, Table
from distilbeto.reports.tables.text_tables import plain_table

from distilbeto.errors import UserError
from distilbeto.job.renames import new_key
from distilbeto.reports.tables.format import number_text, scientific
from distilbeto.reports.tables.references import read_published
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import WORDS
from distilbeto.reports.tables.trainings import Runs, hyperparameter_tables, read_runs, training_times
from distilbeto.storage.files import write_json

BLANK = "blank in the thesis"
Latencies = dict[str, dict[str, Any]]
Printed = list[dict[str, str]]


@pytest.fixture
def as_published(settings: AssemblySettings, printed: Printed) -> AssemblySettings:
    """Blank cells of the thesis are missing, with that reason."""
    blank = {f"{entry['model']}/{entry['task']}": BLANK for entry in printed if not entry["value"]}
    return settings.model_copy(update={"missing": blank})


def shown(table: Table, cell: Cell) -> str:
    return number_text(table, cell.numbers[0], ",") if cell.numbers else ""


def test_every_cell_of_table_51_as_printed(as_published: AssemblySettings, runs: Runs, printed: Printed) -> None:
    # tiny's runs on PAWS-X and NER have a time, but no hyperparameters: both tables leave blank what they lack
    times = {entry["model"] + "/" + entry["task"] for entry in printed if entry["table"] == "5.1" and entry["value"]}
    missing = {place: reason for place, reason in as_published.missing.items() if place not in times}
    table = training_times(as_published.model_copy(update={"missing": missing}), runs)
    assert table.headings == ("XNLI", "POS", "PAWS-X", "NER", "MLDoC", "MLQA", "TAR")
    rows = [*([table.above] if table.above else []), *table.rows]
    found = {(row.model, cell.task): shown(table, cell) for row in rows for cell in row.cells}
    expected = {(entry["model"], entry["task"]): entry["value"] for entry in printed if entry["table"] == "5.1"}
    assert len(expected) == 9 * 7
    assert found == expected
    assert [row.name for row in table.rows][:3] == ["s-ALBERT tiny", "s-ALBERT base", "s-ALBERT base v2"]


def test_every_cell_of_tables_a1_to_a7_as_printed(as_published: AssemblySettings, runs: Runs, printed: Printed) -> None:
    hyperparameters = {
        (entry["model"], entry["task"]) for entry in printed if entry["table"][:2] == "A." and entry["value"]
    }
    missing = {place: BLANK for place in as_published.missing if tuple(place.split("/")) not in hyperparameters}
    tables = hyperparameter_tables(as_published.model_copy(update={"missing": missing}), runs)
    assert [table.subject for table in tables] == ["XNLI", "MLDoc", "PAWS-X", "POS", "NER", "QA-MLQA", "QA-TAR"]
    found = [
        (table.number, row.model, cell.task, shown(table, cell))
        for table in tables
        for row in table.rows
        for cell in row.cells
    ]
    expected = [
        (entry["table"], entry["model"], entry["task"], entry["value"])
        for entry in printed
        if entry["table"] in {table.number for table in tables}
    ]
    assert len(expected) == 56 * 5
    assert found == expected


def test_the_rows_of_the_configuration_are_those_of_the_annex(printed: Printed, configured: dict[str, Any]) -> None:
    rows = {(row["model"], row["task"]): row for row in configured["finetuning"]["rows"]}
    annex = [entry for entry in printed if entry["table"][:2] == "A." and entry["task"]]
    for entry in annex:
        row = rows[entry["model"], entry["task"]]
        assert row.get("blank_in_annex", False) is not bool(entry["value"])
        assert not entry["value"] or row[new_key("", entry["metric"]) or entry["metric"]] == float(entry["value"])


def test_every_cell_of_table_a8_as_printed(settings: AssemblySettings, latencies: Latencies, printed: Printed) -> None:
    table = run_times(settings, in_five_runs(latencies, printed), "A.8")
    assert table.headings == ("1°", "2°", "3°", "4°", "5°", "mean")
    found = [(row.model, cell.numbers[0].metric, shown(table, cell)) for row in table.rows for cell in row.cells]
    assert found == [
        (entry["model"], entry["metric"], entry["value"].replace(".", ","))
        for entry in printed
        if entry["table"] == "A.8"
    ]


def test_the_run_of_tiny_that_has_a_file_gives_another_average(
    settings: AssemblySettings, latencies: Latencies, printed: Printed
) -> None:
    records = in_five_runs(latencies, printed)
    records["s_albert_tiny"]["seconds"][3] = 1.4421
    table = run_times(settings, records, "A.8")
    assert shown(table, table.rows[0].cells[-1]) == "1,58", "printed 1,62"


def in_five_runs(latencies: Latencies, printed: Printed) -> Latencies:
    runs: dict[str, list[float]] = {}
    for entry in printed:
        if entry["table"] == "A.8" and entry["metric"] != "seconds.mean":
            runs.setdefault(entry["model"], []).append(float(entry["value"]))
    return {model: record | {"seconds": runs[model]} for model, record in latencies.items()}


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


def test_examples_stand_above_the_headings_in_every_form(settings: AssemblySettings, full: Runs) -> None:
    table = training_times(settings, full)
    latex = latex_table(table, WORDS["es"], "")["headers"]
    assert latex == [
        "N° ejemplos & 392702 & 14305 & 49401 & 8324 & 10000 & 89194 & 89194",
        "Modelo & XNLI & POS & PAWS-X & NER & MLDoC & MLQA & TAR",
    ]
    lines = plain_table(table, WORDS["en"], "").splitlines()
    assert lines[2].startswith("Examples") and lines[3].startswith("Model")


def test_a_task_that_no_model_ran_has_no_count_above_its_heading(settings: AssemblySettings, full: Runs) -> None:
    table = training_times(settings, full)
    above = table.above
    assert above
    empty = table._replace(above=above._replace(cells=(above.cells[0]._replace(numbers=()), *above.cells[1:])))
    assert latex_table(empty, WORDS["es"], "")["headers"][0].startswith("N° ejemplos &  & 14305")
    assert "14305" in plain_table(empty, WORDS["es"], "") and "- [" not in plain_table(empty, WORDS["es"], "")


def test_several_seeds_give_a_mean_time(settings: AssemblySettings, full: Runs) -> None:
    doubled = {
        place: seeds | {43: seeds[42] | {"train_seconds": 3 * seeds[42]["train_seconds"]}}
        for place, seeds in full.items()
    }
    table = training_times(settings.model_copy(update={"seeds": [42, 43]}), doubled)
    assert shown(table, table.rows[0].cells[1]) == "178"


def test_a_halved_micro_batch_is_shown_as_it_ran(settings: AssemblySettings, full: Runs) -> None:
    full["distilbeto", "xnli"][42]["hyperparameters"] |= {"micro_batch": 8, "gradient_accumulation_steps": 4}
    table = hyperparameter_tables(settings, full)[0]
    assert [shown(table, cell) for cell in table.rows[-1].cells] == ["8", "4", "512", "5e-5", "4"]


def test_an_absent_run_is_an_error(settings: AssemblySettings, full: Runs) -> None:
    del full["distilbeto", "xnli"]
    with pytest.raises(UserError, match="no run of distilbeto on xnli, seed 42"):
        training_times(settings, full)


def test_a_run_recorded_under_old_names_is_read(settings: AssemblySettings, full: Runs, tmp_path: Path) -> None:
    paths = []
    for number, ((model, task), seeds) in enumerate(full.items()):
        old = {
            "accumulation" if key == "gradient_accumulation_steps" else key: value
            for key, value in seeds[42]["hyperparameters"].items()
        }
        paths.append(tmp_path / f"{number}.json")
        write_json(paths[-1], seeds[42] | {"model": model, "task": task, "seed": 42, "hyperparameters": old})
    assert hyperparameter_tables(settings, read_runs(paths)) == hyperparameter_tables(settings, full)


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
