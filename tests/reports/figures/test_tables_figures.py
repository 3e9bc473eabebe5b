"""Figures of the tables: what a score costs, and how far it is from what was published."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.reports.figures.comparison import draw_comparison, read_differences
from distilbeto.reports.figures.text import words_of
from distilbeto.reports.figures.tradeoff import Point, Tradeoff, draw_tradeoff, read_tradeoff

ENGLISH, SPANISH = words_of("en"), words_of("es")
SCRIPTS = Path(__file__).parents[3] / "scripts"
MEASURED, PUBLISHED = "measured", "literature: X"
SCORES = [
    dict(zip(("protocol", "model", "task", "test", "metric", "value", "source"), values, strict=True))
    for values in (
        ("thesis", "tiny", "ner", "t", "f1", "78", MEASURED),
        ("official", "tiny", "ner", "t", "f1", "72", MEASURED),
        ("official", "tiny", "mlqa", "t", "f1", "70", MEASURED),
        ("official", "tiny", "mlqa", "t", "exact_match", "50", MEASURED),
        ("official", "beto", "ner", "t", "f1", "88", PUBLISHED),
        ("official", "beto", "mlqa", "t", "f1", "72", PUBLISHED),
        ("official", "beto", "mlqa", "t", "exact_match", "64", PUBLISHED),
        ("official", "mbert", "ner", "t", "f1", "80", PUBLISHED),
        ("official", "mbert", "mlqa", "t", "f1", "80", PUBLISHED),
    )
]
COSTS = {"tiny": (5.0, 1.62), "beto": (110.0, 10.46), "large": (18.0, 49.45)}
LATENCIES = [
    {"protocol": "thesis", "model": model, "task": "", "test": "", "metric": metric, "value": str(value), "source": ""}
    for model, values in COSTS.items()
    for metric, value in zip(("parameters", "seconds"), values, strict=True)
]
DIFFERENCES = [
    {"reference": "A (2021)", "model": "tiny", "task": task, "test": "t", "value": "1", "difference": difference}
    for task, difference in (("ner", "-1.5"), ("mlqa", "2"), ("mlqa", "4"), ("", "9"))
]


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    return written(tmp_path / "table_5_2.csv", SCORES)


@pytest.fixture
def latencies(tmp_path: Path) -> Path:
    return written(tmp_path / "table_5_5.csv", LATENCIES)


@pytest.fixture
def comparison(tmp_path: Path) -> Path:
    return written(tmp_path / "comparison.csv", DIFFERENCES)


def test_models_with_official_scores_and_a_time_are_drawn(scores: Path, latencies: Path) -> None:
    tradeoff = read_tradeoff([scores], latencies)
    assert [point.model for point in tradeoff.points] == ["tiny", "beto"]
    figure = draw_tradeoff(tradeoff, {"tiny": "s-ALBERT tiny"}, 100, ENGLISH, "miniature")
    for axes, costs in zip(figure.axes, ([5.0, 110.0], [1.62, 10.46]), strict=True):
        assert [line.get_xydata().tolist() for line in axes.get_lines()] == [[[costs[0], 66.0]], [[costs[1], 78.0]]]
        assert axes.get_xscale() == "log"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["s-ALBERT tiny", "beto"]
    assert "tests" not in figure.get_supxlabel()


def test_a_published_average_is_an_open_circle_and_said_to_be_one(scores: Path, latencies: Path) -> None:
    tradeoff = read_tradeoff([scores], latencies)
    figure = draw_tradeoff(tradeoff, {}, 100, ENGLISH, "")
    assert [line.get_fillstyle() for line in figure.axes[0].get_lines()] == ["full", "none"]
    assert figure.get_supxlabel() == ENGLISH.published
    alone = read_tradeoff([scores], latencies, measured_only=True)
    assert [point.model for point in alone.points] == ["tiny"]
    assert draw_tradeoff(alone, {}, 100, ENGLISH, "").get_supxlabel() == ""


def test_the_average_is_of_the_tests_that_all_measured_models_have(latencies: Path, tmp_path: Path) -> None:
    missing = {"protocol": "official", "task": "mlqa", "test": "t", "metric": "", "value": "", "source": MEASURED}
    large = SCORES[1] | {"model": "large", "value": "90"}
    path = written(tmp_path / "table_5_2.csv", [*SCORES, large, missing | {"model": "large"}])
    tradeoff = read_tradeoff([path], latencies)
    assert {point.model: point.average for point in tradeoff.points} == {"tiny": 72, "beto": 88, "large": 90}
    figure = draw_tradeoff(tradeoff, {}, 100, ENGLISH, "")
    assert figure.get_supxlabel().startswith("Average of the 1 tests of 2")


@pytest.mark.parametrize("slowest", [0.13, 0.26, 0.54])
def test_few_ticks_stand_on_an_axis_however_near_the_costs_are(slowest: float) -> None:
    points = [Point("a", 60, 1, 0.11, True), Point("b", 70, 2, slowest, True)]
    figure = draw_tradeoff(Tradeoff(points, 1, 1), {}, 100, ENGLISH, "")
    figure.draw_without_rendering()
    axes = figure.axes[1]
    low, high = axes.get_xlim()
    assert 2 <= sum(low <= tick <= high for tick in axes.get_xticks()) <= 6


def test_nothing_to_draw_is_an_error(scores: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.csv", [LATENCIES[-1]])
    with pytest.raises(UserError, match=r"other\.csv: no test that every timed model was scored on"):
        read_tradeoff([scores], other)


@pytest.mark.parametrize("missing", ["no such file", "no column"])
def test_a_file_that_is_no_table_is_named(latencies: Path, tmp_path: Path, missing: str) -> None:
    path = tmp_path / "odd.csv"
    if missing == "no column":
        path.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=rf"odd\.csv: {missing}"):
        read_tradeoff([path], latencies)


def test_f1_and_exact_match_are_one_point_and_averages_none(comparison: Path) -> None:
    found = {difference.column: difference.value for difference in read_differences(comparison)}
    assert found == {"ner/t": -1.5, "mlqa/t": 3.0}


def test_each_publication_has_a_panel(comparison: Path) -> None:
    differences = read_differences(comparison)
    other = [difference._replace(reference="B (2022)") for difference in differences[:1]]
    figure = draw_comparison([*differences, *other], {"tiny": "s-ALBERT tiny", "ner/t": "NER"}, SPANISH, "")
    first, second = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["A (2021)", "B (2022)"]
    assert [line.get_xdata()[0] for line in first.get_lines()[1:]] == [-1.5, 3.0]
    assert [line.get_xdata()[0] for line in second.get_lines()[1:]] == [-1.5]
    assert [label.get_text() for label in first.get_yticklabels()] == ["s-ALBERT tiny"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["NER", "mlqa/t"]


def test_the_scripts_write_both_formats(scores: Path, latencies: Path, comparison: Path, tmp_path: Path) -> None:
    for script, arguments in (
        ("plot_tradeoff.py", ["--scores", scores, "--latencies", latencies]),
        ("plot_comparison.py", ["--comparison", comparison]),
    ):
        output = [tmp_path / f"{script}.pdf", tmp_path / f"{script}.png"]
        command = [sys.executable, SCRIPTS / script, *arguments, "--names", "{}", "--output", *output]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert [path.read_bytes()[:4] for path in output] == [b"%PDF", b"\x89PNG"]
