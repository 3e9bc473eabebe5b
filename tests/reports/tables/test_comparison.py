"""This run against what was published, and what a student keeps of its teacher."""

import csv
from statistics import fmean

import pandas as pd
import pytest
from pandas import DataFrame
from tests.reports.tables.reading import bold, csv_rows, found, made, models, row_of, value, with_seed

from distilbeto.reports.tables.comparison import comparison_csv, is_far
from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.format import signed
from distilbeto.reports.tables.frame import Table
from distilbeto.reports.tables.references import SOURCES, read_published
from distilbeto.reports.tables.settings import AssemblySettings, csv_names


def kept(table: Table) -> list[list[str]]:
    """The texts of the table, whose rows are all of one model."""
    return [
        ["" if number.samples == 0 else f"{number.value:.2f}" for number in row.itertuples()]
        for _, row in table.numbers.groupby("row")
    ]


def test_the_thesis_differs_from_itself_in_nothing(settings: AssemblySettings, tables: list[Table]) -> None:
    table = found(tables, "C.2", "thesis")
    assert models(table) == [model.key for model in settings.measured]
    for model in models(table):
        assert row_of(table, model)[:8] == ["0,00"] * 5 + ["0,00 / 0,00"] * 3
        assert abs(value(table, model, 8).value) < 0.01, "averages are printed with two decimals"


def test_the_thesis_beside_the_paper(tables: list[Table]) -> None:
    table = found(tables, "C.3", "official")
    minus = "\N{MINUS SIGN}"
    assert table.headings[-1] == "TAR,XQuAD", "it has no TAR,MLQA, and its average is over other columns"
    assert [model for model in models(table) if "base" in model] == ["s_albert_base_v1"]
    assert row_of(table, "distilbeto") == [
        *("+1,89", f"{minus}9,89", "+5,04", "+1,50", f"{minus}0,68"),
        *("+5,40 / +5,40", "+5,49 / +4,62"),
    ]


def test_two_deviations_decide_with_several_seeds_alone(settings: AssemblySettings, measured: DataFrame) -> None:
    far = is_far(pd.Series([2.8, -2.8, 2.9, -2.9, 0.0]), pd.Series([2**0.5] * 4 + [float("nan")]))
    assert list(far) == [False, False, True, True, False]
    higher = {model.key: 5.0 if model.key == "distilbeto" else 1.0 for model in settings.measured}
    gains = measured.model.map(higher).where(measured.test != "", 0.0)
    numbers = with_seed(with_seed(measured.assign(value=measured.value + gains), 43), 44, by=1.0)
    several = settings.model_copy(update={"seeds": [42, 43, 44]})
    marked = bold(found(made(several, numbers), "C.2", "thesis"))
    assert {model for model, _, _ in marked} == {model.key for model in settings.measured}
    rows = csv.DictReader(comparison_csv(several, all_numbers(several, numbers)).splitlines())
    assert {row["within_two_deviations"] for row in rows} == {"true", "false"}


def test_the_comparison_as_csv(settings: AssemblySettings, measured: DataFrame) -> None:
    rows = list(csv.DictReader(comparison_csv(settings, all_numbers(settings, measured)).splitlines()))
    thesis = [row for row in rows if row["reference"] == "Donoso (2021)"]
    assert len(thesis) == 8 * (5 + 3 * 2 + 1)
    assert len(rows) - len(thesis) == 6 * (5 + 2 * 2)
    (pos,) = (row for row in thesis if (row["model"], row["task"]) == ("distilbeto", "pos"))
    assert (pos["published"], float(pos["difference"]), pos["within_two_deviations"]) == ("87.61", 0.0, "")
    assert pos["slip"] == "trained lower-cased, tested cased"


def test_the_thesis_keeps_94_percent_at_40_percent_less_size_and_half_the_time(tables: list[Table]) -> None:
    table = found(tables, "C.1")
    assert list(dict.fromkeys(table.numbers.name)) == [
        "kept.thesis",
        "kept.official",
        "less.parameters",
        "less.seconds",
    ]
    assert kept(table) == [
        ["94.36", "94.36", ""],
        ["94.36", "", "94.50"],
        ["40.00", "40.00", ""],
        ["49.81", "49.81", ""],
    ]


def test_where_cells_are_missing_the_share_is_of_the_tests_that_both_have(
    settings: AssemblySettings, measured: DataFrame, tables: list[Table]
) -> None:
    missing = {f"{model.key}/mldoc/mldoc_test": "licence" for model in settings.measured}
    part = settings.model_copy(update={"missing": missing})
    numbers = all_numbers(part, measured)
    official = numbers[
        (numbers.protocol == "official") & numbers.table.isin(["5.2", "5.3"]) & (numbers.task != "mldoc")
    ]
    means = {
        model: fmean(fmean(cell.value) for _, cell in of_model.groupby(["task", "test"]))
        for model, of_model in official.groupby("model")
    }
    (row,) = (
        row for row in csv_rows(numbers, "C.1") if (row["metric"], row["source"]) == ("kept.official", "measured")
    )
    assert float(row["value"]) == pytest.approx(100 * means["distilbeto"] / means["beto_uncased"])
    assert row["note"] == "7 of 8 tests"
    assert value(found(tables, "C.1"), "distilbeto").note == ""


def test_without_a_time_of_the_teacher_the_speed_is_not_known(settings: AssemblySettings, measured: DataFrame) -> None:
    untimed = settings.model_copy(update={"missing": {"beto_uncased": "lost"}})
    table = found(made(untimed, measured[measured.model != "beto_uncased"]), "C.1")
    assert list(table.numbers[table.numbers.column == 0].note) == ["", "", "not measured", "not measured"]


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


def test_every_table_but_the_comparisons_has_a_csv_file(tables: list[Table]) -> None:
    assert set(csv_names(7)) == {table.number for table in tables} - {"C.2", "C.3"}, "these two are comparison.csv"


@pytest.mark.parametrize(("difference", "text"), [(0.25, "+0,25"), (-0.25, "\N{MINUS SIGN}0,25"), (-0.001, "0,00")])
def test_differences_have_a_sign(difference: float, text: str) -> None:
    assert signed(difference, ",") == text


def test_what_is_kept_as_csv_says_who_published_it(settings: AssemblySettings, measured: DataFrame) -> None:
    rows = csv_rows(all_numbers(settings, measured), "C.1")
    assert {row["unit"] for row in rows if row["value"]} == {"percent"}
    sources = [f"literature: {SOURCES[name]}" for name in ("thesis", "lrec2022")]
    assert [row["source"] for row in rows[:3]] == ["measured", *sources]
