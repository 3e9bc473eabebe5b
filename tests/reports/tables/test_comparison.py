"""This run against what was published, and what a student keeps of its teacher."""

import csv
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from distilbeto.reports.tables.build import score_rows
from distilbeto.reports.tables.latex import latex_document
from distilbeto.reports.tables.results import Score, Scores, read_literature
from distilbeto.reports.tables.table import Number, Table
from distilbeto.reports.tables.text_tables import plain_document

from distilbeto.reports.tables.comparison import comparison_csv, difference_table, within_two_deviations
from distilbeto.reports.tables.csv_files import csv_text
from distilbeto.reports.tables.document import Measurements, all_tables, file_names
from distilbeto.reports.tables.format import number_text, signed
from distilbeto.reports.tables.references import SOURCES, read_published
from distilbeto.reports.tables.retention import kept_tables
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import WORDS
from distilbeto.reports.tables.trainings import Runs

Latencies = dict[str, dict[str, Any]]


def texts(table: Table, model: str) -> list[str]:
    (row,) = (row for row in table.rows if row.model == model)
    return [" / ".join(number_text(table, number, ",") for number in cell.numbers) for cell in row.cells]


def test_the_thesis_differs_from_itself_in_nothing(settings: AssemblySettings, scores: Scores) -> None:
    table = difference_table(settings, scores, "thesis", "C.2")
    assert [row.model for row in table.rows] == [model.key for model in settings.measured]
    for row in table.rows:
        shown = texts(table, row.model)
        assert shown[:8] == ["0,00"] * 5 + ["0,00 / 0,00"] * 3
        assert abs(row.cells[8].numbers[0].value) < 0.01, "averages are printed with two decimals"


def test_the_thesis_beside_the_paper(settings: AssemblySettings, scores: Scores) -> None:
    table = difference_table(settings, scores, "lrec2022", "C.3")
    minus = "\N{MINUS SIGN}"
    assert table.headings[-1] == "TAR,MLQA", "the paper's average is over other columns"
    assert [row.model for row in table.rows if "base" in row.model] == ["s_albert_base_v1"]
    assert texts(table, "distilbeto") == [
        *("+1,89", f"{minus}9,89", "+5,04", "+1,50", f"{minus}0,68"),
        *("+5,40 / +5,40", "+5,49 / +4,62", ""),
    ]


def test_two_deviations_decide_with_several_seeds_alone(settings: AssemblySettings, scores: Scores) -> None:
    assert within_two_deviations(Number("f1", (50.0, 52.0)), 53.8) is True
    assert within_two_deviations(Number("f1", (50.0, 52.0)), 53.9) is False
    assert within_two_deviations(Number("f1", (50.0,)), 50.0) is None
    for (model, _, _), seeds in scores.by_place.items():
        gain = 5.0 if model == "distilbeto" else 1.0
        for seed, by in ((43, gain), (44, gain + 1)):
            seeds[seed] = Score({name: value + by for name, value in seeds[42].metrics.items()}, Path("score.json"))
        seeds[42] = seeds[43]
    several = settings.model_copy(update={"seeds": [42, 43, 44]})
    table = difference_table(several, scores, "thesis", "C.2")
    bold = {row.model for row in table.rows for cell in row.cells for number in cell.numbers if number.bold}
    assert bold == {"distilbeto", *(model.key for model in settings.measured)}
    within = [row["within_two_deviations"] for row in csv.DictReader(comparison_csv(several, scores).splitlines())]
    assert set(within) == {"true", "false"}


def test_the_comparison_as_csv(settings: AssemblySettings, scores: Scores) -> None:
    rows = list(csv.DictReader(comparison_csv(settings, scores).splitlines()))
    thesis = [row for row in rows if row["reference"] == "Donoso (2021)"]
    assert len(thesis) == 8 * (5 + 3 * 2 + 1)
    assert len(rows) - len(thesis) == 6 * (5 + 2 * 2)
    (pos,) = (row for row in thesis if (row["model"], row["task"]) == ("distilbeto", "pos"))
    assert (pos["published"], float(pos["difference"]), pos["within_two_deviations"]) == ("87.61", 0.0, "")
    assert pos["slip"] == "trained lower-cased, tested cased"


def test_the_thesis_keeps_94_percent_at_40_percent_less_size_and_half_the_time(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    (table,) = kept_tables(settings, scores, latencies, read_literature(), "C.1")
    assert [row.name for row in table.rows] == ["kept.thesis", "kept.official", "less.parameters", "less.seconds"]
    shown = [
        [number_text(table, cell.numbers[0], ",") if cell.numbers else "" for cell in row.cells] for row in table.rows
    ]
    assert shown == [
        ["94,36", "94,36", ""],
        ["94,36", "", "94,50"],
        ["40,00", "40,00", ""],
        ["49,81", "49,81", ""],
    ]


def test_where_cells_are_missing_the_share_is_of_the_tests_that_both_have(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    missing = {f"{model.key}/mldoc/mldoc_test": "licence" for model in settings.measured}
    part = settings.model_copy(update={"missing": missing})
    (table,) = kept_tables(part, scores, latencies, read_literature(), "C.1")
    rows = {row.model: row for row in score_rows(part, scores, read_literature(), "official")}
    student, teacher = rows["distilbeto"], rows["beto_uncased"]
    means = [
        fmean(fmean(number.value for number in cell.numbers) for cell in row.cells if cell.task != "mldoc")
        for row in (student, teacher)
    ]
    cell = table.rows[1].cells[0]
    assert cell.numbers[0].value == pytest.approx(100 * means[0] / means[1])
    assert cell.note == "7 of 8 tests"
    assert "7 of 8 tests" in csv_text([table])
    (whole,) = kept_tables(settings, scores, latencies, read_literature(), "C.1")
    assert whole.rows[1].cells[0].note == ""


def test_without_a_time_of_the_teacher_the_speed_is_not_known(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    del latencies["beto_uncased"]
    (table,) = kept_tables(settings, scores, latencies, read_literature(), "C.1")
    assert [row.cells[0].note for row in table.rows] == ["", "", "not measured", "not measured"]


def test_the_paper_s_averages_are_those_of_its_columns() -> None:
    """Question answering counts as the mean of F1 and exact match: a slip of the fingers would show."""
    entries = read_published("lrec2022")
    for average in (entry for entry in entries if entry.table == "average"):
        columns: dict[tuple[str, str], list[float]] = {}
        for entry in entries:
            if entry.model == average.model and entry.table == "scores" and entry.value is not None:
                columns.setdefault((entry.task, entry.test), []).append(entry.value)
        mean = sum(sum(values) / len(values) for values in columns.values()) / len(columns)
        assert len(columns) == 8
        assert mean == pytest.approx(average.value, abs=0.011)


def test_all_tables_in_their_order(
    settings: AssemblySettings, scores: Scores, latencies: Latencies, full: Runs
) -> None:
    tables = all_tables(settings, Measurements(scores, latencies, full, read_literature()))
    numbers = list(dict.fromkeys(table.number for table in tables))
    assert numbers == [
        *(f"5.{number}" for number in range(1, 6)),
        *("C.1", "C.2", "C.3"),
        *(f"A.{number}" for number in range(1, 9)),
    ]
    assert set(file_names(7)) == set(numbers) - {"C.2", "C.3"}, "these two are comparison.csv"
    latex, text = latex_document(tables, WORDS["es"], ""), plain_document(tables, WORDS["en"], "")
    assert "Hiperparámetros del entrenamiento en la tarea QA-TAR." in latex
    assert "Difference of this experiment from Cañete et al. (2022), in points." in text
    assert "{" not in text


@pytest.mark.parametrize(("value", "text"), [(0.25, "+0,25"), (-0.25, "\N{MINUS SIGN}0,25"), (-0.001, "0,00")])
def test_differences_have_a_sign(value: float, text: str) -> None:
    assert signed(value, ",") == text


def test_what_is_kept_as_csv_says_who_published_it(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    rows = list(
        csv.DictReader(csv_text(kept_tables(settings, scores, latencies, read_literature(), "C.1")).splitlines())
    )
    assert {row["unit"] for row in rows if row["value"]} == {"percent"}
    assert [row["source"] for row in rows[:3]] == ["measured", *(f"literature: {name}" for name in SOURCES.values())]
