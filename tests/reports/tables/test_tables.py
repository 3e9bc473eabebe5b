"""Fed with the thesis's own published scores, the builder prints the thesis's own tables."""

import json
from collections.abc import Callable
from statistics import fmean
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pandas import DataFrame
from tests.reports.tables.reading import (
    ENGLISH,
    bold,
    found,
    made,
    models,
    row_of,
    texts,
    value,
    with_scores,
    with_seed,
)

from distilbeto.errors import UserError
from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.frame import Table, tidy
from distilbeto.reports.tables.measurements import read_scores
from distilbeto.reports.tables.references import read_published
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import page_of

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


def test_the_order_of_the_tables(tables: list[Table]) -> None:
    assert [f"{table.number} {table.protocol}".strip() for table in tables] == [
        *("5.1", "5.2 thesis", "5.3 thesis", "5.4 thesis", "5.5 thesis"),
        *("5.2 official", "5.3 official", "5.4 official"),
        *("C.1", "C.2 thesis", "C.3 official"),
        *(f"A.{number}" for number in range(1, 9)),
    ]


def test_the_published_rows_as_printed_stand_first(tables: list[Table]) -> None:
    first, second = found(tables, "5.2", "thesis"), found(tables, "5.3", "thesis")
    assert models(first)[:4] == ["mbert", "beto_uncased", "beto_cased", "s_albert_tiny"]
    assert row_of(first, "mbert") == ["78,50a", "97,10a", "89,00b", "87,38a", "95,70a"]
    assert row_of(first, "beto_uncased") == ["80,15", "98,44", "89,55", "82,67", "96,12"]
    assert row_of(first, "beto_cased") == ["82,01", "98,97", "89,05", "88,43", "95,60"]
    assert row_of(second, "mbert") == ["53,90 / 37,40c", "77,60 / 61,80d", "68,10 / 48,30d"]
    assert row_of(second, "beto_uncased") == ["67,85 / 46,03", "77,52 / 55,46", "68,04 / 45,00"]
    assert row_of(second, "beto_cased") == ["68,01 / 45,88", "77,56 / 57,06", "69,15 / 45,63"]


def test_every_cell_of_tables_52_and_53_as_printed(tables: list[Table], printed: list[dict[str, str]]) -> None:
    for number in ("5.2", "5.3"):
        expected: dict[str, dict[tuple[str, str], str]] = {}
        for entry in (entry for entry in printed if entry["table"] == number):
            row, place = expected.setdefault(entry["model"], {}), (entry["task"], entry["test"])
            text = f"{float(entry['value']):.2f}".replace(".", ",")
            row[place] = f"{row[place]} / {text}" if place in row else text
        table = found(tables, number, "thesis")
        assert {model: row_of(table, model) for model in expected} == {
            model: list(row.values()) for model, row in expected.items()
        }
        assert len(expected) == 8


def test_table_54_as_printed(tables: list[Table], printed: list[dict[str, str]]) -> None:
    """The averages are rounded, unlike the scores: three of eleven are not the truncated means (tiny, v3, xlarge)."""
    expected = {entry["model"]: entry["value"].replace(".", ",") for entry in printed if entry["table"] == "5.4"}
    assert {model: text for (model, _), text in texts(found(tables, "5.4", "thesis")).items()} == expected


def test_the_slip_of_base_v3_in_xnli_carries_into_its_average(settings: AssemblySettings, measured: DataFrame) -> None:
    """The run's result was 77.7246, printed 77,24: with it the average is 76,84, not 76,78."""
    tables = made(settings, with_scores(measured, "s_albert_base_v3", "xnli", "xnli_test", {"accuracy": 77.7246}))
    assert row_of(found(tables, "5.2", "thesis"), "s_albert_base_v3")[0] == "77,72"
    assert row_of(found(tables, "5.4", "thesis"), "s_albert_base_v3") == ["76,84"]


def test_table_55_is_the_mean_of_the_runs_the_fastest_first(settings: AssemblySettings, measured: DataFrame) -> None:
    at = measured.metric == "seconds"
    times = measured[at].assign(value=[RUNS[row.model][row.run - 1] for row in measured[at].itertuples()])
    table = found(made(settings, pd.concat([measured[~at], times])), "5.5", "thesis")
    names = table.numbers.sort_values("row").drop_duplicates("row").name
    assert [(name, *row_of(table, model)[:2]) for name, model in zip(names, models(table), strict=True)] == [
        ("s-ALBERT tiny", "5", "1,62"),
        ("DistilBETO \\textit{uncased}", "66", "5,25"),
        ("BETO \\textit{uncased}", "110", "10,46"),
        ("s-ALBERT base", "12", "13,83"),
        ("s-ALBERT large", "18", "49,45"),
        ("s-ALBERT xlarge", "60", "224,08"),
        ("s-ALBERT xxlarge", "235", "484,45"),
    ]


def test_the_best_of_each_column_is_bold_as_printed(tables: list[Table]) -> None:
    assert bold(found(tables, "5.2", "thesis")) == {
        ("beto_cased", 0, 0),
        ("beto_cased", 1, 0),
        ("beto_uncased", 2, 0),
        ("beto_cased", 3, 0),
        ("beto_uncased", 4, 0),
    }


def test_two_exact_matches_of_mbert_that_the_thesis_forgot_are_bold(tables: list[Table]) -> None:
    """61,80 and 48,30 are the highest of their columns in Table 5.3, though not printed in bold."""
    as_printed = {("beto_cased", 0, 0), ("beto_uncased", 0, 1), ("mbert", 1, 0), ("beto_cased", 2, 0)}
    marked = bold(found(tables, "5.3", "thesis"))
    assert marked - as_printed == {("mbert", 1, 1), ("mbert", 2, 1)}
    assert as_printed < marked


def test_ties_are_all_bold_and_equal_digits_alone_are_no_tie(settings: AssemblySettings, measured: DataFrame) -> None:
    for model, accuracy in (("s_albert_tiny", 99.001), ("s_albert_large", 99.001), ("distilbeto", 99.0)):
        measured = with_scores(measured, model, "xnli", "xnli_test", {"accuracy": accuracy})
    table = found(made(settings, measured), "5.2", "thesis")
    assert {model for model, column, _ in bold(table) if column == 0} == {"s_albert_tiny", "s_albert_large"}
    assert row_of(table, "distilbeto")[0] == row_of(table, "s_albert_tiny")[0] == "99,00"


def test_each_protocol_takes_its_own_metrics(settings: AssemblySettings, measured: DataFrame) -> None:
    qa = {"squad.f1": 60.0, "squad.exact_match": 40.0, "mlqa_es.f1": 62.0, "mlqa_es.exact_match": 45.0}
    for task, test, metrics in (
        ("ner", "ner_test", {"subtokens.f1": 82.699, "conlleval.f1": 80.499}),
        ("pos", "pos_test", {"subtokens.accuracy": 87.619, "accuracy": 86.126}),
        ("mlqa", "mlqa_test", qa),
        ("tar", "xquad", qa),
    ):
        measured = with_scores(measured, "distilbeto", task, test, metrics)
    tables = made(settings, measured)
    thesis, official = (row_of(found(tables, "5.2", protocol), "distilbeto") for protocol in ("thesis", "official"))
    assert (thesis[3], official[3]) == ("82,69", "80,50"), "the thesis cuts decimals"
    assert (thesis[1], official[1]) == ("87,61", "86,13")
    thesis, official = (row_of(found(tables, "5.3", protocol), "distilbeto") for protocol in ("thesis", "official"))
    assert (thesis[0], official[0]) == ("60,00 / 40,00", "62,00 / 45,00")
    assert official[1] == "60,00 / 40,00", "XQuAD is scored as SQuAD"


def test_a_measured_model_replaces_its_published_row(settings: AssemblySettings, measured: DataFrame) -> None:
    as_beto = measured[measured.model == "distilbeto"].assign(model="beto_uncased").query("metric != 'seconds'")
    own = [model.model_copy(update={"measure": model.key == "beto_uncased"}) for model in settings.models]
    tables = made(settings.model_copy(update={"models": own}), pd.concat([measured, as_beto]))
    assert models(found(tables, "5.2", "thesis")) == ["mbert", "beto_cased", "beto_uncased"]
    assert row_of(found(tables, "5.2", "thesis"), "beto_uncased")[0] == "78,48"


def test_an_unpublished_column_is_missing_from_the_published_rows_alone(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    literature = [entry for entry in read_published("literature") if entry.task != "xnli"]
    tables = made(settings, measured, literature=literature)
    first = found(tables, "5.2", "thesis").numbers
    without = first[(first.column == 0) & (first.samples == 0)]
    assert set(without.model) == {"mbert", "beto_uncased", "beto_cased"}
    assert models(found(tables, "5.4", "thesis")) == [model.key for model in settings.measured], "none is published"


def test_a_missing_cell_leaves_no_average(settings: AssemblySettings, measured: DataFrame) -> None:
    missing = {"distilbeto/mldoc/mldoc_test": "needs a licence"}
    averages = found(made(settings.model_copy(update={"missing": missing}), measured), "5.4", "thesis").numbers
    assert list(averages[averages.samples == 0].model) == ["distilbeto"]
    assert list(averages[averages.samples == 0].note) == ["needs a licence"]


@pytest.mark.parametrize(
    ("lost", "message"),
    [
        ("task == 'xnli' and test != ''", "no score file for distilbeto/xnli/xnli_test, seed 42"),
        ("task == 'xnli' and test == ''", "no run.json for distilbeto/xnli, seed 42"),
        ("metric in ['parameters', 'seconds', 'seconds.median', 'seconds.load', 'mebibytes']", "no latency file for"),
    ],
)
def test_what_is_neither_measured_nor_missing_is_an_error(
    settings: AssemblySettings, measured: DataFrame, lost: str, message: str
) -> None:
    part = measured.drop(measured.query(f"model == 'distilbeto' and {lost}").index)
    with pytest.raises(UserError, match=message):
        made(settings, part)


def test_an_absent_metric_names_the_file_and_what_it_holds(settings: AssemblySettings, measured: DataFrame) -> None:
    part = with_scores(measured, "distilbeto", "ner", "ner_test", {"conlleval.f1": 80.5}).replace(
        {"file": {"": "s.json"}}
    )
    with pytest.raises(UserError, match=r"s\.json: no metric 'subtokens\.f1'; found: conlleval\.f1"):
        made(settings, part)


def test_the_score_of_one_seed_does_not_stand_in_for_another(settings: AssemblySettings, measured: DataFrame) -> None:
    with pytest.raises(UserError, match=r"no .*, seed 43"):
        made(settings.model_copy(update={"seeds": [42, 43]}), measured)


def test_a_model_that_cannot_be_had_stands_last_in_table_55(settings: AssemblySettings, measured: DataFrame) -> None:
    missing = {"s_albert_tiny": "its weights are lost"}
    part = measured[measured.model != "s_albert_tiny"]
    table = found(made(settings.model_copy(update={"missing": missing}), part), "5.5", "thesis")
    assert models(table)[-1] == "s_albert_tiny"
    assert list(table.numbers[table.numbers.model == "s_albert_tiny"].note) == ["its weights are lost"] * 5


def test_several_seeds_give_mean_and_sample_deviation_of_scores_and_averages(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    """All scores one point higher with the second of three seeds: so is the average."""
    several = with_seed(with_seed(measured, 2, by=1.0), 3)
    tables = made(settings.model_copy(update={"seeds": [42, 2, 3]}), several)
    for table, expected in (("5.2", 71.23), ("5.4", 68.145)):
        number = value(found(tables, table, "official"), "s_albert_tiny")
        assert number.value == pytest.approx(expected + 1 / 3)
        assert number.standard_deviation == pytest.approx(3**-0.5)
    assert pd.isna(value(found(tables, "5.4", "official"), "mbert").standard_deviation), "published: no seeds"


def test_opposite_seeds_cancel_in_the_deviation_of_the_average(settings: AssemblySettings, measured: DataFrame) -> None:
    """XNLI gains what PAWS-X loses: each varies, their average does not."""
    several = with_seed(measured, 43, by={"xnli": 2.0, "paws_x": -2.0})
    tables = made(settings.model_copy(update={"seeds": [42, 43]}), several)
    assert value(found(tables, "5.2", "thesis"), "distilbeto").standard_deviation == pytest.approx(2**0.5)
    assert value(found(tables, "5.4", "thesis"), "distilbeto").standard_deviation == pytest.approx(0, abs=1e-9)


def test_several_seeds_have_no_intervals(settings: AssemblySettings, with_intervals: DataFrame) -> None:
    """An interval of one seed beside a mean of several would be taken for that of the mean."""
    tables = made(settings.model_copy(update={"seeds": [42, 43]}), with_seed(with_intervals, 43))
    assert not [table for table in tables if table.protocol == "intervals"]
    assert all(table.numbers.interval_low.isna().all() for table in tables if table.number != "5.4")


def test_a_missing_cell_leaves_the_other_intervals_of_its_row(
    settings: AssemblySettings, with_intervals: DataFrame
) -> None:
    missing = {"distilbeto/mldoc/mldoc_test": "needs a licence"}
    tables = made(settings.model_copy(update={"missing": missing}), with_intervals)
    row = row_of(found(tables, "5.2", "intervals"), "distilbeto")
    assert [bool(text) for text in row] == [True, True, True, True, False]


def metrics_here(task: str, test: str, protocol: str) -> list[str]:
    """As docs/thesis.md has them, written down again."""
    if task in ("xnli", "paws_x", "mldoc"):
        return ["accuracy"]
    if task == "pos":
        return ["subtokens.accuracy"] if protocol == "thesis" else ["accuracy"]
    if task == "ner":
        return ["subtokens.f1"] if protocol == "thesis" else ["conlleval.f1"]
    normalizer = "mlqa_es" if protocol == "official" and test == "mlqa_test" else "squad"
    return [f"{normalizer}.f1", f"{normalizer}.exact_match"]


@given(data=st.data())
@examples(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_frame_holds_what_score_files_hold(
    tmp_path_factory: Any, settings: AssemblySettings, latencies: DataFrame, full: DataFrame, data: st.DataObject
) -> None:
    """Every number of Tables 5.2-5.4 in both protocols, computed a second time from the files, to 1e-9."""
    draw: Callable[[], float] = data.draw(st.randoms(use_true_random=False)).random
    seeds, folder = [42, 7], tmp_path_factory.mktemp("scores")
    kept: dict[tuple[str, str, str, int], dict[str, float]] = {}
    for number, (model, column, seed) in enumerate(
        (model.key, column, seed) for model in settings.measured for column in settings.columns for seed in seeds
    ):
        names = [
            name for protocol in ("thesis", "official") for name in metrics_here(column.task, column.test, protocol)
        ]
        place = {"model": model, "task": column.task, "test": column.test, "seed": seed}
        kept[model, column.task, column.test, seed] = {name: 100 * draw() for name in names}
        record = place | {"metrics": kept[model, column.task, column.test, seed]}
        (folder / f"{number}.json").write_text(json.dumps(record))
    measured = [read_scores(sorted(folder.glob("*.json"))), latencies, with_seed(full, 7)]
    numbers = all_numbers(settings.model_copy(update={"seeds": seeds}), pd.concat(measured))
    own = numbers[numbers.table.isin(["5.2", "5.3", "5.4"]) & (numbers.citation == "")]
    place = ["protocol", "model", "task", "test", "metric", "seed"]
    values = own.set_index(place).value.to_dict()
    expected = {}
    for model in settings.measured:
        for seed in seeds:
            for protocol in ("thesis", "official"):
                columns = []
                for column in settings.columns:
                    metrics = metrics_here(column.task, column.test, protocol)
                    cell = {name: kept[model.key, column.task, column.test, seed][name] for name in metrics}
                    for name, score in cell.items():
                        expected[protocol, model.key, column.task, column.test, name, seed] = score
                    columns.append(fmean(cell.values()))
                expected[protocol, model.key, "", "", "average", seed] = fmean(columns)
    assert len(expected) == 8 * 2 * 2 * (5 + 3 * 2 + 1)
    assert values.keys() == expected.keys()
    assert all(abs(values[key] - score) < 1e-9 for key, score in expected.items())


def test_a_collapsed_run_is_marked_in_its_cells_and_in_the_average_and_explained_below(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    run = {"model": "distilbeto", "task": "xnli", "seed": 42, "metric": "collapsed", "value": 1.0}
    tables = made(settings, pd.concat([measured, tidy([run])]))
    for protocol in ("thesis", "official"):
        scores = found(tables, "5.2", protocol)
        assert [text[-1] == "†" for text in row_of(scores, "distilbeto")] == [True, False, False, False, False]
        assert not any("†" in text for text in row_of(scores, "s_albert_tiny"))
        assert row_of(found(tables, "5.4", protocol), "distilbeto")[0].endswith("†")
        assert [remark for remark in page_of(scores, ENGLISH, "").remarks if remark.startswith("†")]
    assert not any("†" in remark for remark in page_of(found(tables, "5.3", "official"), ENGLISH, "").remarks)
