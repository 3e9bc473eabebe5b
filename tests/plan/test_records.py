"""What counts as a change since a result was made, and what does not: names, defaults and places."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel

from distilbeto.plan.records import (
    ABSENT,
    Changes,
    Recipe,
    SettingsText,
    changes,
    changes_of_settings,
    identity,
    own_settings,
    recorded_identity,
)
from distilbeto.storage.arrays import write_arrays

BEFORE, NOW = "0123456789abcdef", "fedcba9876543210"
COMMAND = "python scripts/train.py --settings {params.settings:q}"


class Optimizer(BaseModel):
    learning_rate: float
    warmup_ratio: float = 0.1
    clipped: bool = True


class Training(BaseModel):
    epochs: int = 3
    optimizer: Optimizer


def recipe(*, code: str = BEFORE, command: str = COMMAND, learning_rate: float = 0.1, **others: Any) -> Recipe:
    settings = SettingsText.of(Training(optimizer=Optimizer(learning_rate=learning_rate, **others)))
    return Recipe({"settings": settings, "code": code, "folder": "results/a", "option": ""}, command, "results")


def record(settings: dict[str, Any], *others: Any) -> list[Any]:
    return [json.dumps(settings, sort_keys=True), BEFORE, "results/a", "", *others]


SETTINGS = {"epochs": 3, "optimizer": {"clipped": True, "learning_rate": 0.1, "warmup_ratio": 0.1}}


def test_the_same_is_no_change() -> None:
    assert changes(record(SETTINGS), COMMAND, recipe()) == Changes()


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(
            {"epochs": 3, "optimizer": {"clipped": True, "learning_rate": 0.1, "warmup_share": 0.1}}, id="a name"
        ),
        pytest.param({"optimizer": {"learning_rate": 0.1, "warmup_ratio": 0.1}}, id="settings of which it had none"),
    ],
)
def test_names_and_added_defaults_are_no_change(settings: dict[str, Any]) -> None:
    assert changes(record(settings), COMMAND, recipe()) == Changes()


def test_an_added_setting_that_is_not_its_default_is_a_change() -> None:
    settings = {"epochs": 3, "optimizer": {"learning_rate": 0.1}}
    found = changes(record(settings), COMMAND, recipe(clipped=False))
    assert found == Changes(settings={"optimizer.clipped": (ABSENT, False)})


def test_a_setting_that_is_gone_is_a_change() -> None:
    found = changes(record(SETTINGS | {"layers": 2}), COMMAND, recipe())
    assert found == Changes(settings={"layers": (2, ABSENT)})


def test_a_changed_value_is_named_by_its_place() -> None:
    found = changes(record(SETTINGS), COMMAND, recipe(learning_rate=0.2))
    assert found == Changes(settings={"optimizer.learning_rate": (0.1, 0.2)})


def test_a_value_changed_under_an_old_name_is_a_change() -> None:
    settings = {"epochs": 3, "optimizer": {"clipped": True, "learning_rate": 0.1, "warmup_share": 0.2}}
    found = changes(record(settings), COMMAND, recipe())
    assert found == Changes(settings={"optimizer.warmup_ratio": (0.2, 0.1)})


def test_another_digest_or_command_is_other_code() -> None:
    for today in (recipe(code=NOW), recipe(command=COMMAND + " --fast")):
        found = changes(record(SETTINGS), COMMAND, today)
        assert found == Changes(code=(identity(BEFORE, COMMAND), identity(today.params["code"], today.command)))
    assert recorded_identity(record(SETTINGS), COMMAND) == identity(BEFORE, COMMAND)


@pytest.mark.parametrize(("before", "now"), [(5, 6), ("--fast", ""), ("", "--fast"), (0, 1), (["a", "b"], ["b", "a"])])
def test_a_bare_param_counts(before: Any, now: Any) -> None:
    today = recipe()
    today = today._replace(params={**today.params, "bare": now})
    assert changes(record(SETTINGS, before), COMMAND, today).settings


@pytest.mark.parametrize("before", [[], ["results/elsewhere"], [""]])
def test_where_results_are_written_and_options_not_given_do_not_count(before: list[Any]) -> None:
    today = recipe()
    params = {**today.params, "folder": "results/b", "kept": "results/c", "added": ""}
    assert changes(record(SETTINGS, *before), COMMAND, today._replace(params=params)) == Changes()


def test_what_scorers_count_has_other_names_now() -> None:
    def today(task: str) -> Recipe:
        return Recipe({"code": BEFORE, "task": task}, COMMAND, "results")

    assert changes([BEFORE, "spans"], COMMAND, today("--task token_classification --spans")) == Changes()
    assert changes([BEFORE, "tags"], COMMAND, today("--task token_classification")) == Changes()
    assert changes([BEFORE, "tags"], COMMAND, today("--task token_classification --spans")).settings
    assert changes([BEFORE, "classes"], COMMAND, today("--task token_classification")).settings


def test_a_result_speaks_for_itself() -> None:
    carried = SETTINGS | {"measure": True, "seed": 42}
    assert changes_of_settings(carried, recipe()) == Changes()
    found = changes_of_settings(carried, recipe(learning_rate=0.2))
    assert found == Changes(settings={"optimizer.learning_rate": (0.1, 0.2)})
    other_seed = Recipe({"seed": 43}, COMMAND, "results")
    assert changes_of_settings(carried, other_seed) == Changes(settings={"seed": (42, 43)})


def test_the_settings_of_a_result_are_found_where_each_kind_carries_them(tmp_path: Path) -> None:
    run, shard, features, state = (tmp_path / name for name in ("run.json", "a.json", "f.safetensors", "s.safetensors"))
    run.write_text(json.dumps({"seed": 1, "provenance": {"settings": {"a": 1}}}))
    shard.write_text(json.dumps({"settings": {"a": 2}, "versions": {}}))
    arrays = {"x": np.zeros(1, np.uint8)}
    write_arrays(features, "features-1", arrays, {"provenance": {"settings": {"a": 3}}})
    header = json.dumps({"__metadata__": {"record": json.dumps({"settings": {"a": 4}})}}).encode()
    state.write_bytes(len(header).to_bytes(8, "little") + header)
    assert [own_settings(path) for path in (run, shard, features, state)] == [
        {"a": 1, "seed": 1},
        {"a": 2},
        {"a": 3},
        {"a": 4},
    ]


@pytest.mark.parametrize("name", ["absent.json", "text.json", "list.json", "text.safetensors", "predictions.txt"])
def test_a_result_without_settings_has_none(tmp_path: Path, name: str) -> None:
    if not name.startswith("absent"):
        (tmp_path / name).write_text("[1]" if name.startswith("list") else "no result")
    assert own_settings(tmp_path / name) is None
