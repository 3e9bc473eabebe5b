"""What a configured search tries: points, their names, the space of each run, the price."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.plan.loading import load_config
from distilbeto.plan.search import (
    cost,
    criterion_of,
    hyperparameters_at,
    most_epochs,
    points_of_run,
    runs_to_search,
)
from distilbeto.search.points import Point

ROOT = Path(__file__).parents[2]
SMALL = {"batch_size": [16], "learning_rate": [1.0e-5], "epochs": [2]}


@pytest.fixture
def raw() -> dict[str, Any]:
    config = copy.deepcopy(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    config["finetuning"]["search"] = "lrec2022"
    return config


def with_spaces(raw: dict[str, Any], *spaces: dict[str, Any]) -> dict[str, Any]:
    raw["finetuning"]["grids"]["lrec2022"]["spaces"] = list(spaces)
    return raw


def test_lrec_2022_tries_36_points_a_run_with_small_rates_for_large_models(raw: dict[str, Any]) -> None:
    config = load_config(raw)
    for model, task in runs_to_search(config):
        points = points_of_run(config, model, task).values()
        large = model in ("s_albert_large", "s_albert_xlarge", "s_albert_xxlarge")
        rates = [1e-6, 2e-6, 3e-6, 5e-6] if large else [1e-5, 2e-5, 3e-5, 5e-5]
        assert sorted({point.learning_rate for point in points}) == rates
        assert {(point.batch_size, point.epochs) for point in points} == {
            (b, e) for b in (16, 32, 64) for e in (2, 3, 4)
        }
        assert len(points) == 36


def test_lrec_2022_chooses_by_loss_but_question_answering_by_its_metric(raw: dict[str, Any]) -> None:
    config = load_config(raw)
    by_metric = {task for task in config.tasks if criterion_of(config, task) == "metric"}
    assert by_metric == {"mlqa", "tar"}
    assert {criterion_of(config, task) for task in config.tasks} == {"metric", "lowest_loss"}


def test_the_price_is_told(raw: dict[str, Any]) -> None:
    assert cost(load_config(raw)) == (
        "search lrec2022: 36 points x 56 runs = 2,016 fine-tunings, then 56 with the winners"
    )
    raw["seeds"] = [42, 43, 44]
    large = {"models": ["s_albert_xxlarge"], **SMALL}
    assert cost(load_config(with_spaces(raw, large, SMALL | {"epochs": [2, 3, 4]}))) == (
        "search lrec2022: 1 to 3 points x 56 runs = 154 fine-tunings, then 168 with the winners"
    )


def test_the_longest_fine_tuning_is_that_of_the_space_or_of_the_annex(raw: dict[str, Any]) -> None:
    """It decides how long a job may run: the search may choose it, whatever the annex says."""
    searched = load_config(with_spaces(raw, {"tasks": ["ner"], **SMALL, "epochs": [3, 9, 2]}, SMALL))
    assert [most_epochs(searched, "s_albert_tiny", task) for task in ("ner", "pos")] == [9, 2]
    raw["finetuning"]["search"] = "annex"
    assert most_epochs(load_config(raw), "s_albert_tiny", "ner") == 4


def test_the_annex_searches_nothing(raw: dict[str, Any]) -> None:
    raw["finetuning"]["search"] = "annex"
    config = load_config(raw)
    assert runs_to_search(config) == []
    assert points_of_run(config, "distilbeto", "ner") == {}
    assert criterion_of(config, "mlqa") is None


def test_a_missing_run_is_not_searched(raw: dict[str, Any]) -> None:
    raw["sources"]["mldoc"]["missing"] = "needs a licence"
    assert "48 runs" in cost(load_config(raw))


def test_the_first_space_that_names_a_run_is_taken(raw: dict[str, Any]) -> None:
    spaces = (
        {"models": ["distilbeto"], "tasks": ["ner"], **SMALL, "epochs": [7]},
        {"tasks": ["ner", "pos"], **SMALL, "epochs": [8]},
        {**SMALL, "epochs": [9]},
    )
    config = load_config(with_spaces(raw, *spaces))
    epochs = {
        run: [point.epochs for point in points_of_run(config, *run).values()]
        for run in (("distilbeto", "ner"), ("s_albert_tiny", "ner"), ("distilbeto", "pos"), ("distilbeto", "xnli"))
    }
    assert list(epochs.values()) == [[7], [8], [8], [9]]


def test_a_point_keeps_the_length_of_its_row_and_takes_nothing_else_from_it(raw: dict[str, Any]) -> None:
    config = load_config(raw)
    hyperparameters = hyperparameters_at(config, "s_albert_xxlarge", "tar", Point(64, 2e-6, 3))
    assert hyperparameters.model_dump() == {
        "batch_size": 64,
        "gradient_accumulation_steps": 1,
        "max_length": 384,
        "learning_rate": 2e-6,
        "epochs": 3,
        "blank_in_annex": False,
        "weight_decay": None,
    }


def test_the_weight_decay_of_a_space_is_part_of_its_points(raw: dict[str, Any]) -> None:
    config = load_config(with_spaces(raw, SMALL | {"weight_decay": [0.1, 0.01]}))
    points = points_of_run(config, "distilbeto", "ner")
    assert list(points) == ["batch-16_lr-1e-05_epochs-2_decay-0.1", "batch-16_lr-1e-05_epochs-2_decay-0.01"]
    chosen = [hyperparameters_at(config, "distilbeto", "ner", point).weight_decay for point in points.values()]
    assert chosen == [0.1, 0.01]


def test_a_model_of_ones_own_is_searched_too(raw: dict[str, Any]) -> None:
    raw["models"]["mine"] = raw["models"]["s_albert_tiny"] | {"name": "mine"}
    config = load_config(raw)
    assert "63 runs" in cost(config)
    assert len(points_of_run(config, "mine", "ner")) == 36


@pytest.mark.parametrize(
    ("spaces", "expected"),
    [
        ([SMALL | {"models": ["s_albert_teeny"]}, SMALL], r"spaces\.0: there is no model 's_albert_teeny'"),
        ([SMALL | {"tasks": ["nre"]}, SMALL], r"spaces\.0: there is no task 'nre'"),
        ([SMALL | {"models": ["distilbeto"]}], "no space for task 'xnli' and model 's_albert_tiny'"),
        ([SMALL, SMALL | {"tasks": ["ner"]}], r"spaces\.1: no run takes it; the first space that fits is taken"),
        ([SMALL | {"epochs": [2, 2]}], "epochs holds a value twice"),
        ([SMALL | {"weight_decay": [0.1, 0.1]}], "weight_decay holds a value twice"),
        ([SMALL | {"epochs": []}], r"spaces\.0\.epochs"),
        ([SMALL | {"learning_rate": ["1e-5"]}], r"write 1\.0e-4, without quotes"),
        ([SMALL | {"max_length": [128]}], r"spaces\.0\.max_length: unknown key"),
        ([], r"grids\.lrec2022\.spaces"),
    ],
)
def test_what_is_wrong_with_a_grid_is_named(raw: dict[str, Any], spaces: list[dict[str, Any]], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        load_config(with_spaces(raw, *spaces))


def test_the_name_of_a_grid_is_checked(raw: dict[str, Any]) -> None:
    raw["finetuning"]["search"] = "lrec"
    raw["finetuning"]["grids"]["annex"] = {"spaces": [SMALL]}
    with pytest.raises(UserError) as caught:
        load_config(raw)
    assert "there is no grid 'lrec'; known: annex, lrec2022" in str(caught.value)
    assert "finetuning.grids.annex: the name stands for the rows of Annex A" in str(caught.value)


def test_an_idle_grid_needs_no_space_for_every_run(raw: dict[str, Any]) -> None:
    raw["finetuning"]["search"] = "annex"
    load_config(with_spaces(raw, SMALL | {"models": ["distilbeto"]}))


points = st.builds(
    Point,
    st.integers(min_value=1, max_value=4096),
    st.floats(min_value=1e-12, max_value=10, exclude_min=True),
    st.integers(min_value=1, max_value=100),
    st.none() | st.floats(min_value=0, max_value=1),
)


@given(points, points)
def test_names_of_points_are_paths_and_tell_them_apart(left: Point, right: Point) -> None:
    assert re.fullmatch(r"batch-\d+_lr-[\d.e-]+_epochs-\d+(_decay-[\d.e-]+)?", left.name)
    assert (left.name == right.name) == (left == right)


def test_a_name_is_readable() -> None:
    assert Point(32, 5.0e-5, 3).name == "batch-32_lr-5e-05_epochs-3"
