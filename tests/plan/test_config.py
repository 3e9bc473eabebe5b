"""Configuration errors: one line each, all at once, before anything runs."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilbeto.errors import UserError
from distilbeto.job.renames import renamed
from distilbeto.plan.loading import load_config
from distilbeto.plan.runs import finetuning_runs, hyperparameters_of, missing_reason

ROOT = Path(__file__).parents[2]


@pytest.fixture
def raw() -> dict[str, Any]:
    return copy.deepcopy(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))


def test_the_thesis_is_56_runs_in_the_rows_of_annex_a(raw: dict[str, Any]) -> None:
    config = load_config(raw)
    rows = {(row.model, row.task) for row in config.finetuning.rows if row.model != "default"}
    assert len(finetuning_runs(config)) == 56
    assert set(finetuning_runs(config)) == rows


def test_42_49_56(raw: dict[str, Any]) -> None:
    runs = finetuning_runs(load_config(raw))
    s_albert = {(model, task) for model, task in runs if model.startswith("s_albert")}
    assert len(s_albert) == 49
    assert len({(model, "qa" if task in ("mlqa", "tar") else task) for model, task in s_albert}) == 42


def test_blank_cells_of_the_annex_are_marked(raw: dict[str, Any]) -> None:
    marked = {(row.task, row.model) for row in load_config(raw).finetuning.rows if row.blank_in_annex}
    assert marked == {(task, "s_albert_tiny") for task in ("mldoc", "paws_x", "ner")}


def test_a_model_without_rows_takes_the_default_row(raw: dict[str, Any]) -> None:
    raw["models"]["mine"] = raw["models"]["s_albert_tiny"] | {"name": "mine"}
    config = load_config(raw)
    assert len(finetuning_runs(config)) == 63
    assert hyperparameters_of(config, "xnli", "mine").learning_rate == 5e-5


def test_all_errors_are_named_at_once(raw: dict[str, Any]) -> None:
    raw["sedes"] = [42]
    raw["finetuning"]["rows"][0]["learning_rate"] = "5e-5"
    raw["students"]["distilbeto"]["losses"]["temperatur"] = 2
    with pytest.raises(UserError) as caught:
        load_config(raw)
    message = str(caught.value)
    assert "sedes: unknown key" in message
    assert "finetuning.rows (task xnli, model s_albert_tiny).learning_rate" in message
    assert "write 1.0e-4" in message
    assert "students.distilbeto.losses.temperatur: unknown key" in message
    assert "3 errors" in message


def test_an_old_name_of_a_setting_is_refused_with_the_new_one(raw: dict[str, Any]) -> None:
    student = raw["students"]["distilbeto"]
    student["masking"]["share"] = student["masking"].pop("mlm_probability")
    student["optimizer"]["warmup_share"] = 0.1
    raw["finetuning"]["rows"][3]["accumulation"] = 2
    raw["finetuning"]["optimization"]["max_gradient_norm"] = 1.0
    with pytest.raises(UserError) as caught:
        load_config(raw)
    message = str(caught.value)
    assert "4 errors" in message
    assert "students.distilbeto.masking.share is now called mlm_probability" in message
    assert "students.distilbeto.optimizer.warmup_share is now called warmup_ratio" in message
    assert "finetuning.rows (task xnli, model s_albert_base_v3).accumulation is now called" in message
    assert "finetuning.optimization.max_gradient_norm is now called max_grad_norm" in message


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("models", "s_albert_tiny", "source"), "s_albert_tyni", "there is no 's_albert_tyni'"),
        (("finetuning", "rows", 0, "task"), "xnil", "there is no task 'xnil'"),
        (("finetuning", "rows", 0, "model"), "s_albert_teeny", "there is no model 's_albert_teeny'"),
        (("students", "distilbeto", "teacher"), "distilbeto", "its own teacher"),
        (("students", "distilbeto", "steps"), 0, "students.distilbeto.steps"),
        (("students", "distilbeto", "initialization", "layers"), [0, 1], "names 2 layers"),
        (("models", "distilbeto", "source"), "beto_uncased", "exactly one of source, student, random_seed"),
        (("tasks", "ner", "fallback_tag"), None, "a task of token_classification needs fallback_tag"),
        (("tasks", "pos", "spans"), None, "a task of token_classification needs spans"),
        (("tasks", "pos", "spans"), True, "spans: true, but the label 'ADJ' is none of O, B-TYPE, I-TYPE"),
        (("tasks", "xnli", "spans"), True, "a task of sequence_classification has no spans"),
        (("tasks", "tar", "spans"), True, "a task of question_answering has no spans"),
        (("tasks", "ner", "kind"), "tagging", "tasks.ner.kind: tagging is now called token_classification"),
        (("tasks", "xnli", "kind"), "classification", "tasks.xnli.kind: classification is now called sequence_clas"),
        (("tasks", "xnli", "kind"), "regresion", "tasks.xnli.kind: Input should be 'token_classification', "),
        (("tables", "classification", 0, "test"), "xnli_tset", "there is no 'xnli_tset'"),
        (("latency", "onnx"), ["distil"], "there is no 'distil'"),
        (("tasks", "tar", "answer_metric"), {"xquad": "squad"}, "answer_metric names a metric for each test set"),
        (
            ("tasks", "xnli", "answer_metric"),
            {"xnli_test": "squad"},
            "sequence_classification has no answer_metric",
        ),
        (
            ("tasks", "tar", "unanswerable"),
            True,
            "that is unanswerable has no answer_metric",
        ),
        (("models", "s_albert_tiny", "architecture", "hidden_size"), 313, "not divisible"),
        (("seeds",), [], "seeds"),
    ],
)
def test_what_is_wrong_is_named(raw: dict[str, Any], path: tuple[Any, ...], value: Any, expected: str) -> None:
    block = raw
    for key in path[:-1]:
        block = block[key]
    block[path[-1]] = value
    with pytest.raises(UserError, match=expected):
        load_config(raw)


def test_questions_are_scored_as_squad_where_nothing_else_is_said(raw: dict[str, Any]) -> None:
    del raw["tasks"]["tar"]["answer_metric"]
    assert load_config(raw).tasks["tar"].answer_metric == {}


def test_patience_needs_a_better_epoch(raw: dict[str, Any]) -> None:
    raw["finetuning"]["optimization"]["patience"] = 2
    load_config(raw)
    raw["tasks"]["tar"]["selection"] = "last"
    with pytest.raises(UserError, match=r"patience: no epoch is better where selection is last \(tar\)"):
        load_config(raw)


def test_a_recorded_configuration_of_before_is_that_of_today(raw: dict[str, Any]) -> None:
    earlier = copy.deepcopy(raw)
    kinds = {"token_classification": "tagging", "sequence_classification": "classification"}
    for task in earlier["tasks"].values():
        task |= {"kind": kinds.get(task["kind"], task["kind"]), "selection": "lowest_loss"}
        task.pop("spans", None)
    assert load_config(renamed(earlier)) == load_config(raw)
    with pytest.raises(UserError, match="5 errors"):
        load_config(earlier)


def test_a_row_given_twice_is_refused(raw: dict[str, Any]) -> None:
    raw["finetuning"]["rows"].append(raw["finetuning"]["rows"][0])
    with pytest.raises(UserError, match="more than one row"):
        load_config(raw)


def test_a_missing_source_takes_its_runs_with_it_and_says_why(raw: dict[str, Any]) -> None:
    raw["sources"]["mldoc"]["missing"] = "needs a licence"
    config = load_config(raw)
    assert len(finetuning_runs(config)) == 48
    assert missing_reason(config, model="distilbeto", task="mldoc") == "needs a licence"


def test_a_student_is_missing_with_its_teacher(raw: dict[str, Any]) -> None:
    raw["sources"]["beto_uncased"]["missing"] = "no network"
    config = load_config(raw)
    assert missing_reason(config, model="distilbeto") == "no network"
    assert ("distilbeto", "xnli") not in finetuning_runs(config)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"kind": "regression", "labels": ["a"]}, "a task of regression has no labels"),
        ({"kind": "multi_label_classification"}, "a task of multi_label_classification needs labels"),
        ({"kind": "regression", "range": [5, 0]}, r"expected a lower and a higher number, found \[5.0, 0.0\]"),
        ({"kind": "regression", "range": [5]}, "range"),
        ({"kind": "sequence_classification", "labels": ["a"], "range": [0, 5]}, "sequence_classification has no range"),
    ],
)
def test_settings_of_numbers_and_sets_that_do_not_fit(raw: dict[str, Any], task: dict, message: str) -> None:
    raw["tasks"]["mine"] = {"name": "M", "train": "xnli_train", "dev": "xnli_dev", "tests": ["xnli_test"]} | task
    with pytest.raises(UserError, match=f"tasks.mine.*{message}"):
        load_config(raw)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"columns": {"text": "review", "target": "stars"}},
            r"datasets\.own\.columns: task own is one of sequence_clas",
        ),
        (
            {"label_map": {1: "negative", 5: "pos"}},
            "datasets.own: the label 'negative' is not one of the labels of task own",
        ),
        ({"label_map": {0: False, 1: "pos"}}, r"label_map.*YAML reads yes, no, on and off so"),
        (
            {"columns": {"text": "review"}},
            "datasets.own: columns are those of no kind of example: text; expected: text, label;",
        ),
        ({"where": "train"}, "datasets.own.where: Input should be a valid dictionary"),
        ({"where": {"fold": [1.5]}}, "datasets.own.where: expected a text or a whole number, found 1.5"),
    ],
)
def test_columns_and_labels_of_a_data_set_fit_its_task(
    raw: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    own = {"reader": "records", "source": "mldoc", "file": "a.csv", "columns": {"text": "review", "label": "stars"}}
    task = {"name": "Own", "kind": "sequence_classification", "labels": ["neg", "pos"]}
    raw["datasets"]["own"] = own | {"label_map": {1: "neg", 5: "pos"}}
    raw["tasks"]["own"] = task | {"train": "own", "dev": "own", "tests": ["own"]}
    raw["finetuning"]["rows"].append(
        {"task": "own", "model": "default", "batch_size": 8, "max_length": 64, "learning_rate": 1e-4, "epochs": 1}
    )
    assert load_config(raw).datasets["own"].label_map == {"1": "neg", "5": "pos"}
    raw["datasets"]["own"] |= changes
    with pytest.raises(UserError, match=message):
        load_config(raw)
