"""A row of three lines: what it leaves out comes from its source, and what that says is held against the rest."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilbeto.errors import UserError
from distilbeto.models.settings import ModelSettings, architecture_in
from distilbeto.plan import resources
from distilbeto.plan.config import Config
from distilbeto.plan.loading import load_config
from distilbeto.plan.records import Recipe, SettingsText, changes
from distilbeto.plan.runs import finetuning_runs
from distilbeto.plan.shapes import BETOS_WORDS, UNKNOWN, shape_of_model, shapes_to_show

ROOT = Path(__file__).parents[2]
ROBERTA = {
    "model_type": "roberta",
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 128,
    "max_position_embeddings": 514,
}


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    config = copy.deepcopy(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))
    return config | {"results": str(tmp_path / "results")}


def published(folder: Path, **changes: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(ROBERTA | changes))
    return folder


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        load_config(raw)
    return str(caught.value)


def test_a_location_is_a_source_and_its_tokenizer_one_of_the_tokenizers(raw: dict[str, Any]) -> None:
    raw["models"]["mine"] = {"name": "Mine", "source": "hub:owner/name@v1"}
    config = load_config(raw)
    assert config.sources["mine"].location == "hub:owner/name@v1"
    assert config.models["mine"].source == config.models["mine"].tokenizer == "mine"
    tokenizer = config.tokenizers["mine"]
    assert (tokenizer.source, tokenizer.lowercase, tokenizer.strip_accents) == ("mine", None, None)
    assert len([task for model, task in finetuning_runs(config) if model == "mine"]) == 7


def test_a_named_source_and_a_named_tokenizer_stay(raw: dict[str, Any]) -> None:
    raw["models"]["mine"] = {"name": "Mine", "source": "beto_uncased"}
    raw["models"]["other"] = {"name": "Other", "source": "hub:owner/name@v1", "tokenizer": "beto_uncased"}
    config = load_config(raw)
    assert config.tokenizers["mine"].source == "beto_uncased"
    assert "mine" not in config.sources
    assert config.models["other"].tokenizer == "beto_uncased"
    assert "other" not in config.tokenizers


def test_what_is_completed_loads_again_as_it_is(raw: dict[str, Any]) -> None:
    raw["models"]["mine"] = {"name": "Mine", "source": "hub:owner/name@v1"}
    config = load_config(raw)
    assert load_config(config.model_dump(mode="json")) == config


def test_the_thesis_is_complete_already(raw: dict[str, Any]) -> None:
    assert load_config(raw) == Config.model_validate(raw)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ({"sources": {"mine": {"location": "there"}}}, "models.mine.source: its location would be the source mine"),
        (
            {"tokenizers": {"mine": {"source": "beto_uncased"}}},
            "models.mine.tokenizer: left out, it would be the token",
        ),
        ({"models": {"mine": {"source": "$NOT_SET/model"}}}, "models.mine.source: $NOT_SET/model names an environment"),
        ({"models": {"mine": {"source": "my_folder"}}}, "models.mine.source: there is no 'my_folder'; known: "),
        ({"models": {"mine": {"source": None}}}, "models.mine: give exactly one of source, student, random_seed"),
        (
            {"models": {"mine": {"source": None, "random_seed": 1}}},
            "random weights need a tokenizer and an architecture",
        ),
    ],
)
def test_a_row_that_cannot_be_completed_says_why(
    raw: dict[str, Any], blocks: dict[str, dict[str, Any]], expected: str
) -> None:
    raw["models"]["mine"] = {"name": "Mine", "source": "hub:owner/name@v1"}
    for block, entries in blocks.items():
        for name, entry in entries.items():
            raw[block][name] = raw[block].get(name, {}) | entry
    message = refused(raw)
    assert expected in message
    assert message.startswith("1 error in")


def test_the_model_of_a_student_is_what_the_student_is(raw: dict[str, Any]) -> None:
    del raw["models"]["distilbeto"]["tokenizer"], raw["models"]["distilbeto"]["architecture"]
    config = load_config(raw)
    assert config.models["distilbeto"].architecture == config.students["distilbeto"].architecture
    assert config.models["distilbeto"].tokenizer == "beto_uncased"


def test_the_shape_is_unknown_until_the_source_is_there(raw: dict[str, Any], tmp_path: Path) -> None:
    raw["models"]["mine"] = {"name": "Mine", "source": "hub:owner/name@v1"}
    config = load_config(raw)
    assert shape_of_model(config, "mine") == UNKNOWN
    assert resources.model_mb(UNKNOWN, BETOS_WORDS) > 1300
    assert list(shapes_to_show(config)) == ["models.mine: its shape is read when its source is fetched"]
    published(tmp_path / "results/sources/mine")
    (tmp_path / "results/sources/mine.json").write_text(json.dumps({"location": "hub:owner/name@v0"}))
    assert shape_of_model(config, "mine") == UNKNOWN, "what was fetched from another location says nothing"
    (tmp_path / "results/sources/mine.json").write_text(json.dumps({"location": "hub:owner/name@v1"}))
    assert shape_of_model(config, "mine").num_hidden_layers == 3
    shown = "models.mine: roberta, 3 layers, hidden size 64, 4 heads, 512 tokens"
    assert list(shapes_to_show(config)) == [shown]
    assert load_config(raw).models["mine"].architecture is None, "what a source says is no setting"


@pytest.mark.parametrize(
    ("files", "shown"),
    [
        (None, "there is no {mine}"),
        ({}, "there is no config.json in {mine}"),
        ({"adapter_config.json": {}}, "there is no config.json in {mine}"),
        ({"config.json": {"hidden_size": 64}}, "{mine}/config.json does not say its model_type"),
        ({"config.json": []}, "{mine}/config.json does not say its model_type"),
        ({"config.json": {"model_type": "bert"}}, "its shape is read when a job does: {mine}/config.json leaves"),
        (
            {"config.json": ROBERTA | {"num_attention_heads": 5}},
            "its shape is read when a job does: {mine}/config.json",
        ),
        ({"inner/config.json": ROBERTA}, "roberta, 3 layers"),
    ],
)
def test_a_plan_says_why_it_does_not_know_the_shape_of_a_folder(
    raw: dict[str, Any], tmp_path: Path, files: dict[str, Any] | None, shown: str
) -> None:
    mine = tmp_path / "mine"
    for name, content in (files or {}).items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_text(json.dumps(content))
    if files is not None:
        mine.mkdir(exist_ok=True)
    raw["models"]["mine"] = {"name": "Mine", "source": str(mine)}
    (line,) = shapes_to_show(load_config(raw))
    assert line.startswith(f"models.mine: {shown.format(mine=mine)}")


@pytest.mark.parametrize("inside", ["", "0_Transformer"])
def test_the_plan_reads_the_shape_of_a_local_folder(raw: dict[str, Any], tmp_path: Path, inside: str) -> None:
    folder = published(tmp_path / "model" / inside).parent if inside else published(tmp_path / "model")
    if inside:
        (folder / "modules.json").write_text(json.dumps([{"path": inside, "type": "models.Transformer"}]))
    raw["models"]["mine"] = {"name": "Mine", "source": str(folder)}
    assert shape_of_model(load_config(raw), "mine").hidden_size == 64


def test_a_row_longer_than_the_positions_of_a_local_source_is_refused(raw: dict[str, Any], tmp_path: Path) -> None:
    folder = published(tmp_path / "model", max_position_embeddings=130)
    raw["models"]["mine"] = {"name": "Mine", "source": str(folder)}
    message = refused(raw)
    assert "finetuning.rows: length 512 for xnli, but models.mine takes 128" in message
    config = load_config(raw, look_at_sources=False)
    assert config.models["mine"].architecture is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model_type": "gpt2"}, "unknown model_type 'gpt2'; known: albert, bert, distilbert, roberta"),
        (
            {"num_hidden_layers": 12},
            "models.mine.architecture.num_hidden_layers: 3, but config.json of the source says 12",
        ),
    ],
)
def test_a_local_source_of_no_known_family_or_another_shape_is_refused(
    raw: dict[str, Any], tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    folder = published(tmp_path / "model", **changes)
    raw["models"]["mine"] = {"name": "Mine", "source": str(folder)}
    if "model_type" not in changes:
        raw["models"]["mine"]["architecture"] = ROBERTA
    assert expected in refused(raw)
    raw["only"] = {"models": ["distilbeto"]}
    load_config(raw)  # nothing of this run reads it


def test_the_teacher_of_a_student_may_leave_out_its_architecture(raw: dict[str, Any], tmp_path: Path) -> None:
    teacher = raw["models"]["beto_uncased"].pop("architecture")
    load_config(raw)
    raw["students"]["distilbeto"]["initialization"]["layers"] = [0, 2, 4, 7, 9, 13]
    load_config(raw)  # nobody knows yet
    folder = published(tmp_path / "beto", **teacher, max_position_embeddings=512)
    raw["sources"]["beto_uncased"] = {"location": str(folder)}
    assert "there is no layer [13]; the teacher's layers are 0 to 11" in refused(raw)


def test_a_config_that_leaves_its_shape_to_defaults_is_not_guessed() -> None:
    assert architecture_in({"hidden_size": 8}) is None
    assert architecture_in({"model_type": "distilbert", "dim": 8, "n_layers": 2}) is None
    shape = architecture_in(
        {
            "model_type": "distilbert",
            "dim": 8,
            "n_layers": 2,
            "n_heads": 2,
            "hidden_dim": 16,
            "max_position_embeddings": 9,
        }
    )
    assert shape is not None and (shape.hidden_size, shape.num_hidden_layers) == (8, 2)


def test_a_model_that_gives_both_is_recorded_as_before(raw: dict[str, Any]) -> None:
    """The params of a model that was made before rows could be short."""
    settings = {"name": "s-ALBERT tiny", "source": "s_albert_tiny", "random_seed": None, "tokenizer": "s_albert"}
    recorded = settings | {"architecture": raw["models"]["s_albert_tiny"]["architecture"]}
    recorded["architecture"] |= {"max_position_embeddings": 512}
    model: ModelSettings = load_config(raw).models["s_albert_tiny"]
    today = SettingsText.of(model, include={"source", "random_seed", "tokenizer", "architecture", "name"})
    assert json.loads(today) == recorded
    assert not changes([json.dumps(recorded)], "", Recipe({"settings": today}, "", "results")).settings


def test_a_model_that_is_cut_has_the_shape_of_its_first_layers(raw: dict[str, Any], tmp_path: Path) -> None:
    source = str(published(tmp_path / "mine"))
    raw["models"]["mine"] = {"name": "Mine", "source": source, "num_hidden_layers": 2}
    raw["models"]["shallow"] = raw["models"]["s_albert_base_v1"] | {"name": "Shallow", "num_hidden_layers": 6}
    config = load_config(raw)
    assert shape_of_model(config, "mine").num_hidden_layers == 2
    assert shape_of_model(config, "shallow").num_hidden_layers == 6
    assert config.models["shallow"].architecture == config.models["s_albert_base_v1"].architecture
    assert any(line.startswith("models.mine: roberta, 2 layers") for line in shapes_to_show(config))


def test_a_model_cannot_be_cut_to_more_layers_than_there_are(raw: dict[str, Any], tmp_path: Path) -> None:
    source = str(published(tmp_path / "mine"))
    raw["models"]["mine"] = {"name": "Mine", "source": source, "num_hidden_layers": 4}
    raw["models"]["s_albert_base_v1"]["num_hidden_layers"] = 13
    message = refused(raw)
    assert "models.mine.num_hidden_layers: 4, but the source has 3" in message
    assert "models.s_albert_base_v1.num_hidden_layers: 13, but the source has 12" in message


def test_only_a_source_can_be_cut(raw: dict[str, Any]) -> None:
    raw["models"]["distilbeto"]["num_hidden_layers"] = 2
    assert "num_hidden_layers cuts a source" in refused(raw)
