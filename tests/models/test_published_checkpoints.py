"""TensorFlow checkpoints as they are published, with a configuration of google-research beside them."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.models.test_published import ALBERT, BERT, DATA, SHAPE, TOKENIZER

from distilbeto.errors import UserError
from distilbeto.miniature.checkpoints import write_checkpoint
from distilbeto.models.convert import state_dict_of
from distilbeto.models.families import albert, bert
from distilbeto.models.load import load_weights
from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_checkpoint import read_checkpoint


def checkpoint(folder: Path, name: str, **beside: Any) -> Path:
    """A TensorFlow checkpoint with google-research's configuration beside it."""
    folder.mkdir(exist_ok=True)
    for path in DATA.glob(f"{name}.ckpt.*"):
        shutil.copy(path, folder)
    own = {"embedding_size": 4} if name == "albert" else {}
    config = SHAPE | own | {"max_position_embeddings": 12, "type_vocab_size": 2, "hidden_act": "gelu"} | beside
    (folder / f"{name}_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(("name", "architecture"), [("albert", ALBERT), ("bert", BERT)])
def test_gelu_of_google_research_stays_the_form_of_the_family(
    tmp_path: Path, name: str, architecture: Architecture
) -> None:
    weights, _ = load_weights(checkpoint(tmp_path, name), architecture, TOKENIZER)
    assert weights.config.hidden_act == {"albert": "gelu_new", "bert": "gelu"}[name]


@pytest.mark.parametrize(("name", "architecture"), [("albert", ALBERT), ("bert", BERT)])
@pytest.mark.parametrize(("field", "value"), [("hidden_act", "relu"), ("hidden_act", "tanh"), ("layer_norm_eps", 1e-6)])
def test_what_the_file_beside_a_checkpoint_says_is_taken(
    tmp_path: Path, name: str, architecture: Architecture, field: str, value: Any
) -> None:
    weights, _ = load_weights(checkpoint(tmp_path, name, **{field: value}), architecture, TOKENIZER)
    assert getattr(weights.config, field) == value


def test_one_token_type_is_taken_from_the_file_beside_a_checkpoint(tmp_path: Path) -> None:
    variables = read_checkpoint(DATA / "bert.ckpt")
    types = "bert/embeddings/token_type_embeddings"
    kept = {name: value for name, value in variables.items() if value.ndim and "adam" not in name}
    source = checkpoint(tmp_path, "bert", type_vocab_size=1)
    for path in source.glob("bert.ckpt.*"):
        path.unlink()
    write_checkpoint(source / "bert.ckpt", kept | {types: kept[types][:1]})
    weights, _ = load_weights(source, BERT, TOKENIZER)
    assert weights.config.type_vocab_size == 1
    assert weights.state["bert.embeddings.token_type_embeddings.weight"].shape == (1, 8)


@pytest.mark.parametrize(
    ("name", "architecture", "beside", "message"),
    [
        ("bert", BERT, {"hidden_act": "maxout"}, "hidden_act is maxout"),
        ("bert", BERT, {"embedding_size": 4}, "embedding_size is 4, expected 8"),
        ("albert", ALBERT, {"embedding_size": 8}, "embedding_size is 8, expected 4"),
        ("albert", ALBERT, {"num_hidden_groups": 2}, "num_hidden_groups is 2, expected 1"),
        ("albert", ALBERT, {"inner_group_num": 2}, "inner_group_num is 2, expected 1"),
        ("bert", BERT, {"position_embedding_type": "relative_key"}, "position_embedding_type is relative_key"),
        ("bert", None, {}, "bert_config.json: it does not say its model_type"),
        ("bert", ALBERT, {"model_type": "bert"}, "model_type is bert, expected albert"),
    ],
)
def test_what_the_file_beside_a_checkpoint_says_and_cannot_be_computed_is_refused(
    tmp_path: Path, name: str, architecture: Architecture | None, beside: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        load_weights(checkpoint(tmp_path, name, **beside), architecture, TOKENIZER)


def test_dropout_beside_a_checkpoint_gives_way_to_the_architectures_and_is_said(tmp_path: Path) -> None:
    source = checkpoint(tmp_path, "albert", hidden_dropout_prob=0.2, model_type="albert")
    weights, _ = load_weights(source, ALBERT, TOKENIZER)
    assert weights.config.hidden_dropout_prob == 0.0
    assert "hidden_dropout_prob of the source's configuration set to 0.0" in weights.notes
    weights, _ = load_weights(source, None, TOKENIZER)
    assert weights.config.hidden_dropout_prob == 0.2


@pytest.mark.parametrize("family", [albert.FAMILY, bert.FAMILY])
def test_checkpoints_without_heads_with_a_prefix_and_of_mixed_precision_are_read(family: Any) -> None:
    variables = read_checkpoint(DATA / f"{family.model_type}.ckpt")
    whole = state_dict_of(variables, family)
    scalars = {"loss_scale": np.array(32768.0, np.float32), "good_steps": np.array(17, np.int32)}
    prefixed = {f"module/{name}": value for name, value in variables.items()}
    found = state_dict_of(prefixed | scalars, family)
    assert found.keys() == whole.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in whole.items())
    encoder = {name: value for name, value in variables.items() if not name.startswith(("cls/", "bert/pooler/"))}
    assert state_dict_of(encoder, family).keys() == {
        name
        for name in whole
        if not (family.is_mlm_head(name) or family.is_part("sentence_head", name) or family.is_part("pooler", name))
    }
    half = {name: value for name, value in variables.items() if not name.startswith("cls/predictions/transform/dense/")}
    with pytest.raises(UserError, match="missing variable cls/predictions/transform/dense/kernel"):
        state_dict_of(half, family)


def test_an_encoder_of_a_checkpoint_is_kept_alone_and_says_so(tmp_path: Path) -> None:
    variables = read_checkpoint(DATA / "bert.ckpt")
    encoder = {n: v for n, v in variables.items() if n.startswith("bert/") and "adam" not in n}
    write_checkpoint(tmp_path / "bert.ckpt", encoder)
    weights, _ = load_weights(tmp_path, BERT, TOKENIZER)
    assert "no masked-language-model head: the encoder alone is kept" in weights.notes
    assert "pooler kept" in weights.notes
