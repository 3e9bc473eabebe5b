"""What a student cannot take from its teacher is refused in the plan; what it can, is not."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilbeto.errors import UserError
from distilbeto.plan.loading import load_config

ROOT = Path(__file__).parents[2]
SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}


@pytest.fixture
def raw() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return copy.deepcopy(config)


def change(raw: dict[str, Any], **architecture: Any) -> dict[str, Any]:
    """Another shape of the student, and of the model that it becomes; the settings of the student."""
    student = raw["students"]["distilbeto"]
    student["architecture"] = raw["models"]["distilbeto"]["architecture"] = student["architecture"] | architecture
    settings: dict[str, Any] = student
    return settings


def refused(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        load_config(raw)
    return str(caught.value)


def test_hidden_sizes_that_differ_have_no_cosine(raw: dict[str, Any]) -> None:
    student = change(raw, **SMALL)
    student["initialization"] = {"layers": None}
    message = refused(raw)
    assert "students.distilbeto.losses.alpha_cos: 1.0, but the student's hidden size is 384" in message
    assert "models.beto_uncased 768" in message
    assert "set alpha_cos to 0" in message
    student["losses"]["alpha_cos"] = 0.0
    load_config(raw)


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ({"hidden_size": 384, "num_attention_heads": 12}, "its hidden_size is 384, the teacher's 768"),
        ({"num_attention_heads": 6}, "its num_attention_heads is 6, the teacher's 12"),
        ({"intermediate_size": 1536}, "its intermediate_size is 1536, the teacher's 3072"),
        ({"max_position_embeddings": 1024}, "its max_position_embeddings is 1024, the teacher's 512"),
        ({"model_type": "albert", "embedding_size": 128}, "albert students cannot be made of the layers of bert"),
    ],
)
def test_layers_are_copied_between_models_of_one_shape(
    raw: dict[str, Any], architecture: dict[str, Any], expected: str
) -> None:
    student = change(raw, **architecture)
    student["losses"]["alpha_cos"] = 0.0
    assert expected in refused(raw)
    student["initialization"] = {"layers": None}
    load_config(raw)


def test_a_layer_that_the_teacher_lacks(raw: dict[str, Any]) -> None:
    raw["students"]["distilbeto"]["initialization"]["layers"] = [0, 2, 4, 7, 9, 12]
    message = refused(raw)
    assert "students.distilbeto.initialization.layers: " in message
    assert "[12]; the teacher's layers are 0 to 11" in message


def test_layers_by_name(raw: dict[str, Any]) -> None:
    for name in ("thesis", "lower", "uniform"):
        raw["students"]["distilbeto"]["initialization"]["layers"] = name
        load_config(raw)
    change(raw, num_hidden_layers=14)
    expected = "initialization.layers: uniform, but the student has 14 layers, its teacher 12"
    assert f"students.distilbeto.{expected}" in refused(raw)


@pytest.mark.parametrize("other", [{"source": "s_albert_base_v1"}, {"strip_accents": True}])
def test_a_teacher_and_its_student_have_one_tokenizer(raw: dict[str, Any], other: dict[str, Any]) -> None:
    raw["tokenizers"]["other"] = raw["tokenizers"]["beto_uncased"] | other
    raw["students"]["distilbeto"]["tokenizer"] = raw["models"]["distilbeto"]["tokenizer"] = "other"
    assert "students.distilbeto.tokenizer: other, but models.beto_uncased has beto_uncased" in refused(raw)


def test_the_same_tokenizer_under_two_names_is_one(raw: dict[str, Any]) -> None:
    raw["tokenizers"]["other"] = raw["tokenizers"]["beto_uncased"] | {"max_unk_rate": 0.5}
    raw["students"]["distilbeto"]["tokenizer"] = raw["models"]["distilbeto"]["tokenizer"] = "other"
    load_config(raw)


def test_a_teacher_takes_the_sequences_of_the_corpus(raw: dict[str, Any]) -> None:
    raw["models"]["beto_uncased"]["architecture"]["max_position_embeddings"] = 256
    raw["students"]["distilbeto"]["initialization"] = {"layers": None}
    message = refused(raw)
    assert "corpora.spanish_corpora.sequences.max_tokens: 512, but models.beto_uncased takes 256" in message
    raw["corpora"]["spanish_corpora"]["sequences"]["max_tokens"] = 256
    load_config(raw)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("tokenizer", "s_albert", "models.distilbeto.tokenizer: s_albert, but students.distilbeto has beto_uncased"),
        ("dropout", 0.2, "models.distilbeto.architecture.dropout: 0.2, but that of students.distilbeto is 0.1"),
    ],
)
def test_a_model_is_what_its_student_becomes(raw: dict[str, Any], field: str, value: Any, expected: str) -> None:
    """After the training, its export would find another tokenizer."""
    model = raw["models"]["distilbeto"]
    if field == "tokenizer":
        model["tokenizer"] = value
    else:
        model["architecture"] = model["architecture"] | {field: value}
    assert expected in refused(raw)


def test_a_student_without_a_teacher_is_held_against_its_corpus_alone(raw: dict[str, Any]) -> None:
    student = change(raw, **SMALL)
    student |= {"teacher": None, "initialization": {"layers": None}}
    load_config(raw)


@pytest.mark.parametrize("family", ["electra", "deberta-v2"])
def test_a_teacher_that_cannot_teach_by_logits_says_why(raw: dict[str, Any], family: str) -> None:
    extra = {"embedding_size": 768} if family == "electra" else {}
    raw["models"]["beto_uncased"]["architecture"] |= {"model_type": family} | extra
    student = change(raw, model_type=family, **extra)
    message = refused(raw)
    assert "students.distilbeto.losses.alpha_ce: 5.0, but " in message
    assert "models.beto_uncased teaches by its hidden states alone; set alpha_ce to 0" in message
    assert (
        "students.distilbeto.initialization.copy_head_transform: true, but models.beto_uncased has no head" in message
    )
    student["losses"]["alpha_ce"] = 0.0
    student["initialization"]["copy_head_transform"] = False
    load_config(raw)
