"""A run of a part: which cells it has, what is checked, and what stays as it is."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilbeto.errors import UserError
from distilbeto.plan.config import Config
from distilbeto.plan.loading import load_config
from distilbeto.plan.runs import columns_of, finetuning_runs, is_timed, models_of, scored_cells, seeds_of, tables_of
from distilbeto.plan.search import cost, runs_to_search

ROOT = Path(__file__).parents[2]
SHORT = {
    "name": "Short",
    "random_seed": 1,
    "tokenizer": "s_albert",
    "architecture": {
        "model_type": "bert",
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 1,
        "intermediate_size": 8,
        "max_position_embeddings": 128,
    },
}


@pytest.fixture
def raw() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return copy.deepcopy(config)


def part(raw: dict[str, Any], **only: Any) -> Config:
    return load_config(raw | {"only": only})


def test_some_models_and_tasks(raw: dict[str, Any]) -> None:
    config = part(raw, models=["distilbeto", "s_albert_tiny"], tasks=["tar"])
    assert list(models_of(config)) == ["s_albert_tiny", "distilbeto"], "in the order of the tables"
    assert finetuning_runs(config) == [("s_albert_tiny", "tar"), ("distilbeto", "tar")]
    assert [(column.task, column.test) for column in columns_of(config)] == [("tar", "xquad"), ("tar", "mlqa_test")]
    assert len(scored_cells(config)) == 4


def test_what_is_left_out_is_all(raw: dict[str, Any]) -> None:
    assert (len(finetuning_runs(part(raw))), len(finetuning_runs(part(raw, tasks=["ner"])))) == (56, 8)
    assert len(finetuning_runs(part(raw, models=["distilbeto"]))) == 7


def test_captions_say_which_part_it_is(raw: dict[str, Any]) -> None:
    assert tables_of(part(raw)).note == ""
    raw["seeds"] = [42, 43]
    only = {"models": ["distilbeto"], "tasks": ["ner", "pos"], "seeds": [43]}
    assert tables_of(part(raw, **only)).note == "solo modelos distilbeto; tareas ner, pos; semillas 43"
    raw["tables"] |= {"note": "miniature", "language": "en"}
    assert tables_of(part(raw, tasks=["ner"])).note == "miniature; only tasks ner"


def test_a_model_too_short_for_other_tasks_runs_on_one(raw: dict[str, Any]) -> None:
    raw["models"]["short"] = SHORT
    raw["finetuning"]["rows"].append({"task": "ner", "model": "short", "batch_size": 8, "max_length": 128} | RATES)
    with pytest.raises(UserError) as caught:
        load_config(raw)
    assert "length 384 for mlqa, but models.short takes 128" in str(caught.value)
    assert "for ner" not in str(caught.value), "its own row goes before the default"
    assert finetuning_runs(part(raw, models=["short"], tasks=["ner"])) == [("short", "ner")]
    with pytest.raises(UserError, match=r"length 512 for pos, but models\.short takes 128"):
        part(raw, models=["short"], tasks=["ner", "pos"])


RATES = {"learning_rate": 1e-4, "epochs": 1}


def test_rows_that_other_tasks_lack_do_not_matter(raw: dict[str, Any]) -> None:
    raw["finetuning"]["rows"] = [row for row in raw["finetuning"]["rows"] if row["task"] == "ner"]
    with pytest.raises(UserError, match="no row for task 'xnli'"):
        load_config(raw)
    assert len(finetuning_runs(part(raw, tasks=["ner"]))) == 8


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ({"tasks": ["nre"]}, r"only\.tasks: there is no 'nre'; known: xnli, pos"),
        ({"models": ["distil"]}, r"only\.models: there is no 'distil'"),
        ({"seeds": [7]}, r"only\.seeds: there is no '7'; known: 42"),
        ({"tasks": []}, r"only\.tasks: "),
        ({"task": ["ner"]}, r"only\.task: unknown key"),
    ],
)
def test_a_part_of_what_is_not_there_is_refused(raw: dict[str, Any], only: dict[str, Any], expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        part(raw, **only)


def test_names_are_checked_beyond_the_part(raw: dict[str, Any]) -> None:
    raw["finetuning"]["rows"][0]["task"] = "xnil"
    with pytest.raises(UserError, match="there is no task 'xnil'"):
        part(raw, tasks=["ner"])


def test_a_search_of_a_part(raw: dict[str, Any]) -> None:
    raw["finetuning"]["search"], raw["seeds"] = "lrec2022", [42, 43, 44]
    config = part(raw, tasks=["ner"], models=["distilbeto"], seeds=[43, 44])
    assert runs_to_search(config) == [("distilbeto", "ner")]
    assert cost(config).endswith("36 points x 1 runs = 36 fine-tunings, then 2 with the winners")


def test_seeds_keep_their_order_and_models_are_timed_with_their_task(raw: dict[str, Any]) -> None:
    raw["seeds"] = [42, 43, 44]
    assert seeds_of(part(raw, seeds=[44, 42])) == [42, 44]
    assert is_timed(part(raw, tasks=["ner", "pos"]), "distilbeto")
    assert not is_timed(part(raw, tasks=["pos"]), "distilbeto")
    assert not is_timed(part(raw), "s_albert_base_v2"), "latency: false"
