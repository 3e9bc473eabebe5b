"""Names: what paths, commands and LaTeX can carry is taken, all else refused at once with the rule."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilbeto.errors import UserError
from distilbeto.plan.loading import load_config
from distilbeto.plan.names import problem_in_latex

ROOT = Path(__file__).parents[2]
SHAPE = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
MODEL = {"name": "Mine", "random_seed": 1, "tokenizer": "s_albert", "architecture": {"model_type": "bert"} | SHAPE}


@pytest.fixture
def raw() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return copy.deepcopy(config)


@pytest.mark.parametrize("name", ["mine", "Mine2", "c++", "mine-v1.1", "reseñas", "_x", "a.b"])
def test_what_can_stand_in_paths_and_commands_is_taken(raw: dict[str, Any], name: str) -> None:
    raw["models"][name] = copy.deepcopy(MODEL)
    assert name in load_config(raw).models


@pytest.mark.parametrize(
    "name", ["my model", "mine (v2)", "a|b", "x{1}", "a/b", "-x", ".x", "", "it's", "a$b", "a\nb", "a*"]
)
@pytest.mark.parametrize("block", ["models", "tasks", "sources", "datasets"])
def test_all_else_is_refused_with_the_rule(raw: dict[str, Any], block: str, name: str) -> None:
    raw[block][name] = copy.deepcopy(next(iter(raw[block].values())))
    with pytest.raises(UserError, match=re.escape("letters, digits, _ . + and -")) as caught:
        load_config(raw)
    assert f"{block}.{name}: " in str(caught.value)


@pytest.mark.parametrize("folder", ["mis resultados", "a;b", "a{b}", "$HOME/x", "it's", "-x", "a|b", ""])
def test_a_folder_that_commands_cannot_name_is_refused(raw: dict[str, Any], folder: str) -> None:
    with pytest.raises(UserError, match="results: the folder of results stands in commands"):
        load_config(raw | {"results": folder})


def test_a_folder_of_results_is_taken_in_its_plain_form(raw: dict[str, Any]) -> None:
    assert load_config(raw | {"results": "./out//español/"}).results == "out/español"
    assert load_config(raw | {"results": "/scratch/me@host/run-1.2"}).results == "/scratch/me@host/run-1.2"


def test_names_that_would_share_a_path_are_refused(raw: dict[str, Any]) -> None:
    raw["datasets"] |= {"a": raw["datasets"]["ner_test"], "a-b": raw["datasets"]["ner_test"]}
    raw["tasks"]["c"] = raw["tasks"]["ner"]
    raw["finetuning"]["rows"] += [
        row | {"task": task} for row in raw["finetuning"]["rows"] if row["task"] == "ner" for task in ("c", "b-c")
    ]
    with pytest.raises(UserError, match="there is no task 'b-c'"):
        load_config(raw)
    raw["tasks"]["b-c"] = raw["tasks"]["ner"]
    with pytest.raises(UserError, match="a and b-c would share the path a-b-c with a-b and c"):
        load_config(raw)


def test_no_model_is_called_default(raw: dict[str, Any]) -> None:
    raw["models"]["default"] = copy.deepcopy(MODEL)
    with pytest.raises(UserError, match=r"models\.default: in finetuning"):
        load_config(raw)


@pytest.mark.parametrize("name", ["BETO", r"BETO \textit{uncased}", r"BERT\_base", r"a \& b \{", "$x_1^2$", "50 euros"])
def test_what_latex_can_set_is_taken(name: str) -> None:
    assert problem_in_latex(name) is None


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("BERT_base", r"BERT\_base"),
        ("R&D 50% #1", r"R\&D 50\% \#1"),
        (r"a\_b_c $x_1$ d^2", r"a\_b\_c $x_1$ d\^{}2"),
        ("5$", r"5\$"),
    ],
)
def test_what_latex_cannot_set_is_refused_with_the_escaped_form(name: str, escaped: str) -> None:
    assert str(problem_in_latex(name)).endswith(f"write '{escaped}'")
    assert problem_in_latex(escaped) is None


@pytest.mark.parametrize("name", ["{", "a}b{", r"\textit{x"])
def test_braces_that_do_not_match_are_refused(name: str) -> None:
    assert "braces do not match" in str(problem_in_latex(name))


@pytest.mark.parametrize("field", ["name", "latency_name"])
def test_the_model_of_such_a_name_is_told(raw: dict[str, Any], field: str) -> None:
    raw["models"]["distilbeto"][field] = "BERT_base"
    with pytest.raises(UserError, match=rf"models.distilbeto.{field}: 'BERT_base' is LaTeX"):
        load_config(raw)
