"""Fed with the thesis's own published scores, the builder prints the thesis's own tables."""

from pathlib import Path
from typing import Any

import pytest
from distilbeto.reports.tables.build import build_tables
from distilbeto.reports.tables.results import Score, Scores, read_literature
from distilbeto.reports.tables.table import Table

from distilbeto.errors import UserError
from distilbeto.reports.tables.format import number_text
from distilbeto.reports.tables.settings import AssemblySettings

Latencies = dict[str, dict[str, Any]]

# Table A.8: five runs over 100 sentences.
RUNS = {
    "s_albert_tiny": [1.76, 1.48, 1.84, 1.68, 1.36],
    "distilbeto": [5.10, 5.29, 5.25, 5.29, 5.31],
    "beto_uncased": [10.19, 10.05, 10.56, 10.86, 10.63],
    "s_albert_base_v1": [14.16, 13.36, 13.59, 13.84, 14.22],
    "s_albert_large": [49.19, 50.80, 47.93, 48.74, 50.61],
    "s_albert_xlarge": [211.52, 212.58, 237.24, 233.32, 225.75],
    "s_albert_xxlarge": [459.05, 507.19, 461.55, 491.32, 503.15],
}


def numbers(table: Table) -> dict[tuple[str, int], str]:
    return {
        (row.model, column): " / ".join(number_text(table, number, ",") for number in cell.numbers) + cell.superscript
        for row in table.rows
        for column, cell in enumerate(row.cells)
    }


def bold(table: Table) -> set[tuple[str, int, int]]:
    """(model, column, position in the cell) of all bold numbers."""
    return {
        (row.model, column, position)
        for row in table.rows
        for column, cell in enumerate(row.cells)
        for position, number in enumerate(cell.numbers)
        if number.bold
    }


def give(scores: Scores, model: str, task: str, test: str, metrics: dict[str, float]) -> None:
    scores.by_place[model, task, test] = {42: Score(metrics, Path("score.json"))}


def test_the_order_of_the_tables(tables: list[Table]) -> None:
    assert [f"{table.number} {table.protocol}" for table in tables] == [
        "5.2 thesis",
        "5.3 thesis",
        "5.4 thesis",
        "5.5 thesis",
        "5.2 official",
        "5.3 official",
        "5.4 official",
    ]


def test_the_published_rows_as_printed_stand_first(tables: list[Table]) -> None:
    first, second = numbers(tables[0]), numbers(tables[1])
    assert [row.model for row in tables[0].rows][:4] == ["mbert", "beto_uncased", "beto_cased", "s_albert_tiny"]
    assert [first["mbert", column] for column in range(5)] == ["78,50a", "97,10a", "89,00b", "87,38a", "95,70a"]
    assert [first["beto_uncased", column] for column in range(5)] == ["80,15", "98,44", "89,55", "82,67", "96,12"]
    assert [first["beto_cased", column] for column in range(5)] == ["82,01", "98,97", "89,05", "88,43", "95,60"]
    assert [second["mbert", column] for column in range(3)] == ["53,90 / 37,40c", "77,60 / 61,80d", "68,10 / 48,30d"]
    assert [second["beto_uncased", column] for column in range(3)] == [
        "67,85 / 46,03",
        "77,52 / 55,46",
        "68,04 / 45,00",
    ]
    assert [second["beto_cased", column] for column in range(3)] == ["68,01 / 45,88", "77,56 / 57,06", "69,15 / 45,63"]


def test_every_cell_of_tables_52_and_53_as_printed(tables: list[Table], printed: list[dict[str, str]]) -> None:
    expected: dict[tuple[str, str, str, str], str] = {}
    for entry in printed:
        if entry["table"] in ("5.2", "5.3"):
            place = (entry["table"], entry["model"], entry["task"], entry["test"])
            text = f"{float(entry['value']):.2f}".replace(".", ",")
            expected[place] = f"{expected[place]} / {text}" if place in expected else text
    texts = {table.number: numbers(table) for table in tables[:2]}
    assert len(expected) == 8 * 8
    assert expected == {
        (table.number, row.model, cell.task, cell.test): texts[table.number][row.model, column]
        for table in tables[:2]
        for row in table.rows
        for column, cell in enumerate(row.cells)
        if not cell.citation
    }


def test_table_54_as_printed(tables: list[Table], printed: list[dict[str, str]]) -> None:
    """The averages are rounded, unlike the scores: three of eleven are not the truncated means (tiny, v3, xlarge)."""
    expected = {entry["model"]: entry["value"].replace(".", ",") for entry in printed if entry["table"] == "5.4"}
    assert {model: text for (model, _), text in numbers(tables[2]).items()} == expected


def test_the_slip_of_base_v3_in_xnli_carries_into_its_average(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    """The run's result was 77.7246, printed 77,24: with it the average is 76,84, not 76,78."""
    give(scores, "s_albert_base_v3", "xnli", "xnli_test", {"accuracy": 77.7246})
    tables = build_tables(settings, scores, latencies, read_literature())
    assert numbers(tables[0])["s_albert_base_v3", 0] == "77,72"
    assert numbers(tables[2])["s_albert_base_v3", 0] == "76,84"


def test_table_55_is_the_mean_of_the_runs_the_fastest_first(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    records = {model: record | {"seconds": RUNS[model]} for model, record in latencies.items()}
    table = build_tables(settings, scores, records, read_literature())[3]
    assert [
        (row.name, *(number_text(table, cell.numbers[0], ",") for cell in row.cells[:2])) for row in table.rows
    ] == [
        ("s-ALBERT tiny", "5", "1,62"),
        ("DistilBETO \\textit{uncased}", "66", "5,25"),
        ("BETO \\textit{uncased}", "110", "10,46"),
        ("s-ALBERT base", "12", "13,83"),
        ("s-ALBERT large", "18", "49,45"),
        ("s-ALBERT xlarge", "60", "224,08"),
        ("s-ALBERT xxlarge", "235", "484,45"),
    ]


def test_the_best_of_each_column_is_bold_as_printed(tables: list[Table]) -> None:
    assert bold(tables[0]) == {
        ("beto_cased", 0, 0),
        ("beto_cased", 1, 0),
        ("beto_uncased", 2, 0),
        ("beto_cased", 3, 0),
        ("beto_uncased", 4, 0),
    }


def test_two_exact_matches_of_mbert_that_the_thesis_forgot_are_bold(tables: list[Table]) -> None:
    """61,80 and 48,30 are the highest of their columns in Table 5.3, though not printed in bold."""
    as_printed = {("beto_cased", 0, 0), ("beto_uncased", 0, 1), ("mbert", 1, 0), ("beto_cased", 2, 0)}
    assert bold(tables[1]) - as_printed == {("mbert", 1, 1), ("mbert", 2, 1)}
    assert as_printed < bold(tables[1])


def test_ties_are_all_bold_and_equal_digits_alone_are_no_tie(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    for model, accuracy in (("s_albert_tiny", 99.001), ("s_albert_large", 99.001), ("distilbeto", 99.0)):
        give(scores, model, "xnli", "xnli_test", {"accuracy": accuracy})
    table = build_tables(settings, scores, latencies, read_literature())[0]
    assert {model for model, column, _ in bold(table) if column == 0} == {"s_albert_tiny", "s_albert_large"}
    assert numbers(table)["distilbeto", 0] == numbers(table)["s_albert_tiny", 0] == "99,00"


def test_each_protocol_takes_its_own_metrics(settings: AssemblySettings, scores: Scores, latencies: Latencies) -> None:
    give(scores, "distilbeto", "ner", "ner_test", {"subtokens.f1": 82.699, "conlleval.f1": 80.499})
    give(scores, "distilbeto", "pos", "pos_test", {"subtokens.accuracy": 87.619, "accuracy": 86.126})
    qa = {"squad.f1": 60.0, "squad.exact_match": 40.0, "mlqa_es.f1": 62.0, "mlqa_es.exact_match": 45.0}
    give(scores, "distilbeto", "mlqa", "mlqa_test", qa)
    give(scores, "distilbeto", "tar", "xquad", qa)
    thesis, thesis_qa, _, _, official, official_qa, _ = build_tables(settings, scores, latencies, read_literature())
    assert numbers(thesis)["distilbeto", 3] == "82,69", "the thesis cuts decimals"
    assert numbers(official)["distilbeto", 3] == "80,50"
    assert numbers(thesis)["distilbeto", 1] == "87,61"
    assert numbers(official)["distilbeto", 1] == "86,13"
    assert numbers(thesis_qa)["distilbeto", 0] == "60,00 / 40,00"
    assert numbers(official_qa)["distilbeto", 0] == "62,00 / 45,00"
    assert numbers(official_qa)["distilbeto", 1] == "60,00 / 40,00", "XQuAD is scored as SQuAD"


def test_a_measured_model_replaces_its_published_row(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    models = [model.model_copy(update={"measure": model.key == "beto_uncased"}) for model in settings.models]
    for (model, task, test), seeds in list(scores.by_place.items()):
        if model == "distilbeto":
            scores.by_place["beto_uncased", task, test] = seeds
    tables = build_tables(settings.model_copy(update={"models": models}), scores, latencies, read_literature())
    assert [row.model for row in tables[0].rows] == ["mbert", "beto_cased", "beto_uncased"]
    assert numbers(tables[0])["beto_uncased", 0] == "78,48"


def test_an_unpublished_column_is_missing_from_the_published_rows_alone(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    literature = [row._replace(cells=row.cells[1:]) for row in read_literature()]
    tables = build_tables(settings, scores, latencies, literature)
    without = {row.model for row in tables[0].rows if not row.cells[0].numbers}
    assert without == {"mbert", "beto_uncased", "beto_cased"}
    assert {row.cells[0].note for row in tables[2].rows if not row.cells[0].numbers} == {"not published"}


def test_a_missing_cell_leaves_no_average(settings: AssemblySettings, scores: Scores, latencies: Latencies) -> None:
    missing = {"distilbeto/mldoc/mldoc_test": "needs a licence"}
    tables = build_tables(settings.model_copy(update={"missing": missing}), scores, latencies, read_literature())
    averages = {row.model: row.cells[0] for row in tables[2].rows}
    assert averages["distilbeto"].numbers == ()
    assert averages["distilbeto"].note == "needs a licence"
    assert all(cell.numbers for model, cell in averages.items() if model != "distilbeto")


def test_an_absent_score_file_is_an_error(settings: AssemblySettings, scores: Scores, latencies: Latencies) -> None:
    del scores.by_place["distilbeto", "xnli", "xnli_test"]
    with pytest.raises(UserError, match="no score file for distilbeto/xnli/xnli_test, seed 42"):
        build_tables(settings, scores, latencies, read_literature())


def test_the_score_of_one_seed_does_not_stand_in_for_another(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    with pytest.raises(UserError, match=r"no score file for .*, seed 43"):
        build_tables(settings.model_copy(update={"seeds": [42, 43]}), scores, latencies, read_literature())


def test_an_absent_latency_file_is_an_error(settings: AssemblySettings, scores: Scores, latencies: Latencies) -> None:
    del latencies["distilbeto"]
    with pytest.raises(UserError, match="no latency file for distilbeto"):
        build_tables(settings, scores, latencies, read_literature())


def test_a_model_that_cannot_be_had_stands_last_in_table_55(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    del latencies["s_albert_tiny"]
    columns = [*settings.tables.classification, *settings.tables.question_answering]
    places = [f"s_albert_tiny/{column.task}/{column.test}" for column in columns]
    missing = dict.fromkeys(["s_albert_tiny", *places], "its weights are lost")
    table = build_tables(settings.model_copy(update={"missing": missing}), scores, latencies, read_literature())[3]
    assert table.rows[-1].model == "s_albert_tiny"
    assert [cell.note for cell in table.rows[-1].cells] == ["its weights are lost"] * 5


def test_several_seeds_give_mean_and_sample_deviation_of_scores_and_averages(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    """All scores one point higher with the second of three seeds: so is the average."""
    for place, seeds in scores.by_place.items():
        higher = Score({name: value + 1 for name, value in seeds[42].metrics.items()}, Path("higher.json"))
        scores.by_place[place] = {3: seeds[42], 2: higher, 1: seeds[42]}
    tables = build_tables(settings.model_copy(update={"seeds": [1, 2, 3]}), scores, latencies, read_literature())
    for table, expected in ((tables[4], 71.23), (tables[6], 68.145)):
        (row,) = (row for row in table.rows if row.model == "s_albert_tiny")
        assert row.cells[0].numbers[0].value == pytest.approx(expected + 1 / 3)
        assert row.cells[0].numbers[0].standard_deviation == pytest.approx(3**-0.5)
    assert tables[6].rows[0].cells[0].numbers[0].standard_deviation is None, "a published average has no seeds"


def test_several_seeds_have_no_intervals(
    settings: AssemblySettings, with_intervals: Scores, latencies: Latencies
) -> None:
    """An interval of one seed beside a mean of several would be taken for that of the mean."""
    for seeds in with_intervals.by_place.values():
        seeds[43] = seeds[42]
    tables = build_tables(settings.model_copy(update={"seeds": [42, 43]}), with_intervals, latencies, read_literature())
    assert {table.protocol for table in tables} == {"thesis", "official"}
    numbers = [number for table in tables for row in table.rows for cell in row.cells for number in cell.numbers]
    assert {number.interval for number in numbers} == {None}


def test_a_missing_cell_leaves_the_other_intervals_of_its_row(
    settings: AssemblySettings, with_intervals: Scores, latencies: Latencies
) -> None:
    missing = {"distilbeto/mldoc/mldoc_test": "needs a licence"}
    tables = build_tables(
        settings.model_copy(update={"missing": missing}), with_intervals, latencies, read_literature()
    )
    (row,) = (row for row in tables[7].rows if row.model == "distilbeto")
    assert [bool(cell.numbers) for cell in row.cells] == [True, True, True, True, False]


def test_opposite_seeds_cancel_in_the_deviation_of_the_average(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    """XNLI gains what PAWS-X loses: each varies, their average does not."""
    for (model, task, test), seeds in scores.by_place.items():
        gain = {"xnli": 2.0, "paws_x": -2.0}.get(task, 0.0)
        second = {name: value + gain for name, value in seeds[42].metrics.items()}
        scores.by_place[model, task, test] = {42: seeds[42], 43: Score(second, Path("second.json"))}
    tables = build_tables(settings.model_copy(update={"seeds": [42, 43]}), scores, latencies, read_literature())
    assert tables[0].rows[-1].cells[0].numbers[0].standard_deviation == pytest.approx(2**0.5)
    assert tables[2].rows[-1].cells[0].numbers[0].standard_deviation == pytest.approx(0, abs=1e-9)
