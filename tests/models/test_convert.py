import importlib.util
import json
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AlbertForMaskedLM,
    AlbertModel,
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForPreTraining,
)

from distilbeto.errors import UserError
from distilbeto.miniature.checkpoints import albert_variables, write_checkpoint
from distilbeto.models.build import random_model, transformers_config
from distilbeto.models.convert import state_dict_of
from distilbeto.models.families import albert, bert
from distilbeto.models.load import load_weights
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_checkpoint import read_checkpoint
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
SHAPE = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
ALBERT = Architecture(model_type="albert", embedding_size=4, max_position_embeddings=12, dropout=0.0, **SHAPE)
BERT = Architecture(model_type="bert", max_position_embeddings=12, **SHAPE)
DISTILBERT = Architecture(model_type="distilbert", max_position_embeddings=12, **SHAPE)
TOKENIZER = LoadedTokenizer(None, "0123456789abcdef", 20, 1, 3, 4, 5, 0)


@pytest.fixture(scope="module")
def variables() -> dict[str, Any]:
    return read_checkpoint(DATA / "albert.ckpt")


def source_with(folder: Path, checkpoint: str) -> Path:
    folder.mkdir(exist_ok=True)
    for path in DATA.glob(f"{checkpoint}.ckpt.*"):
        shutil.copy(path, folder)
    return folder


def save(folder: Path, weights: Weights) -> dict[str, Any]:
    save_model(folder, "toy", weights, origin="here", tokenizer=TOKENIZER, settings={}, stopwatch=Stopwatch())
    return json.loads((folder / "manifest.json").read_text())


@pytest.mark.parametrize("shards", ["", "-sharded"])
@pytest.mark.parametrize(("name", "architecture"), [("albert", ALBERT), ("bert", BERT)])
def test_a_converted_checkpoint_computes_what_its_formulas_say(tmp_path, name, architecture, shards):
    weights, _ = load_weights(source_with(tmp_path / "source", name + shards), architecture, TOKENIZER)
    save(tmp_path / "model", weights)
    expected = {
        key: torch.tensor(value)
        for key, value in json.loads((DATA / f"{name}.json").read_text()).items()
        if key != "variables"
    }
    inputs = {key: expected[key].unsqueeze(0) for key in ("input_ids", "token_type_ids")}
    with torch.no_grad():
        logits = AutoModelForMaskedLM.from_pretrained(tmp_path / "model").eval()(**inputs).logits[0]
        encoder = AutoModel.from_pretrained(tmp_path / "model").eval()(**inputs)
    torch.testing.assert_close(logits, expected["logits"], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(encoder.last_hidden_state[0], expected["last_hidden_state"], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(encoder.pooler_output[0], expected["pooled"], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("name", "architecture"), [("albert", ALBERT), ("bert", BERT)])
def test_the_sentence_head_of_a_checkpoint_is_converted_too(tmp_path, name, architecture):
    weights, _ = load_weights(source_with(tmp_path / "source", name), architecture, TOKENIZER)
    save(tmp_path / "model", weights)
    expected = json.loads((DATA / f"{name}.json").read_text())
    kernel, bias = (
        read_checkpoint(DATA / f"{name}.ckpt")[f"cls/seq_relationship/output_{part}"] for part in ("weights", "bias")
    )
    model = AutoModelForPreTraining.from_pretrained(tmp_path / "model").eval()
    with torch.no_grad():
        output = model(**{key: torch.tensor([expected[key]]) for key in ("input_ids", "token_type_ids")})
    found = output.sop_logits if name == "albert" else output.seq_relationship_logits
    np.testing.assert_allclose(found[0], np.array(expected["pooled"]) @ kernel.T + bias, atol=1e-5)
    np.testing.assert_allclose(output.prediction_logits[0], expected["logits"], atol=1e-5)


def test_a_checkpoint_may_lack_the_sentence_head_but_not_half_of_it(variables):
    head = {name for name in variables if name.startswith("cls/seq_relationship/")}
    without = {name: value for name, value in variables.items() if name not in head}
    assert not [name for name in state_dict_of(without, albert.FAMILY) if name.startswith("sop_classifier")]
    bias = "cls/seq_relationship/output_bias"
    with pytest.raises(UserError, match="missing variable cls/seq_relationship/output_weights"):
        state_dict_of({**without, bias: variables[bias]}, albert.FAMILY)


@pytest.mark.parametrize(("family", "architecture"), [(albert.FAMILY, ALBERT), (bert.FAMILY, BERT)])
def test_every_weight_of_the_model_is_converted(family, architecture):
    model = AutoModelForPreTraining.from_config(transformers_config(architecture, TOKENIZER))
    state = state_dict_of(read_checkpoint(DATA / f"{family.model_type}.ckpt"), family)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert set(missing) == model.all_tied_weights_keys.keys()
    assert not unexpected


@pytest.mark.parametrize("family", [albert.FAMILY, bert.FAMILY])
def test_an_unknown_variable_is_named(family):
    variables = read_checkpoint(DATA / f"{family.model_type}.ckpt")
    with pytest.raises(UserError, match="unknown variable bert/encoder/adapter/kernel"):
        state_dict_of({**variables, "bert/encoder/adapter/kernel": np.zeros(1)}, family)


@pytest.mark.parametrize("family", [albert.FAMILY, bert.FAMILY])
def test_every_missing_variable_is_named(family):
    variables = read_checkpoint(DATA / f"{family.model_type}.ckpt")
    for missing in json.loads((DATA / f"{family.model_type}.json").read_text())["variables"]:
        with pytest.raises(UserError, match=f"missing variable {re.escape(missing)}$"):
            state_dict_of({key: value for key, value in variables.items() if key != missing}, family)


def test_a_bert_without_one_of_its_lower_layers_is_refused():
    variables = read_checkpoint(DATA / "bert.ckpt")
    upper = {name: value for name, value in variables.items() if "layer_0/" not in name}
    with pytest.raises(UserError, match="missing variable bert/encoder/layer_0/"):
        state_dict_of(upper, bert.FAMILY)


def test_a_base_model_under_the_name_of_a_larger_one_is_refused(tmp_path):
    source = source_with(tmp_path, "albert")
    (source / "albert_config.json").write_text(
        json.dumps({**SHAPE, "embedding_size": 4, "max_position_embeddings": 12})
    )
    larger = ALBERT.model_copy(update={"num_hidden_layers": 24})
    with pytest.raises(UserError, match="num_hidden_layers is 2, expected 24"):
        load_weights(source, larger, TOKENIZER)


def test_wider_weights_than_the_architecture_are_refused(tmp_path):
    narrower = ALBERT.model_copy(update={"intermediate_size": 12})
    with pytest.raises(UserError, match=r"ffn.weight is \[16, 8\], expected \[12, 8\]"):
        load_weights(source_with(tmp_path, "albert"), narrower, TOKENIZER)


def test_another_vocabulary_than_the_tokenizers_is_refused(tmp_path):
    with pytest.raises(UserError, match="vocabulary of 20, its tokenizer one of 21"):
        load_weights(source_with(tmp_path, "albert"), ALBERT, TOKENIZER._replace(vocab_size=21))


def test_what_was_not_verified_or_not_kept_stands_in_the_notes(tmp_path):
    weights, file = load_weights(source_with(tmp_path, "albert"), ALBERT, TOKENIZER)
    assert file == "albert.ckpt.index"
    assert any("layers and heads could not be verified" in note for note in weights.notes)
    assert any("pooler kept" in note for note in weights.notes)


@pytest.mark.parametrize("architecture", [ALBERT, BERT, DISTILBERT])
@pytest.mark.parametrize("kind", ["model.safetensors", "pytorch_model.bin"])
def test_a_transformers_folder_is_taken_as_it_is(tmp_path, architecture, kind):
    model = random_model(architecture, TOKENIZER, seed=1)
    (tmp_path / "config.json").write_text(model.config.to_json_string())
    if kind == "model.safetensors":
        model.save_pretrained(tmp_path)
    else:
        torch.save(model.state_dict(), tmp_path / kind)
    weights, file = load_weights(tmp_path, architecture, TOKENIZER)
    assert file == kind
    manifest = save(tmp_path / "model", weights)
    stored = load_file(tmp_path / "model/model.safetensors")
    assert all(torch.equal(stored[name], value) for name, value in model.named_parameters())
    assert manifest["parameters"] == model.num_parameters()
    assert manifest["tokenizer"] == TOKENIZER.fingerprint
    assert json.loads((tmp_path / "model/config.json").read_text())["pad_token_id"] == TOKENIZER.pad


def test_old_names_of_layer_norms_are_understood(tmp_path):
    model = random_model(BERT, TOKENIZER, seed=1)
    old = {k.replace("LayerNorm.weight", "LayerNorm.gamma"): v for k, v in model.state_dict().items()}
    (tmp_path / "config.json").write_text(model.config.to_json_string())
    torch.save(old, tmp_path / "pytorch_model.bin")
    weights, _ = load_weights(tmp_path, BERT, TOKENIZER)
    assert torch.equal(weights.state["bert.embeddings.LayerNorm.weight"], model.bert.embeddings.LayerNorm.weight)


def test_an_encoder_without_a_head_is_kept_alone_and_says_so(tmp_path):
    model = AlbertModel(transformers_config(ALBERT, TOKENIZER))
    model.save_pretrained(tmp_path)
    weights, _ = load_weights(tmp_path, ALBERT, TOKENIZER)
    manifest = save(tmp_path / "model", weights)
    assert any("no masked-language-model head" in note for note in manifest["notes"])
    assert manifest["parameters"] == model.num_parameters()
    assert json.loads((tmp_path / "model/config.json").read_text())["architectures"] == ["AlbertModel"]


def test_a_missing_weight_of_the_encoder_is_named(tmp_path):
    model = random_model(BERT, TOKENIZER, seed=1)
    model.save_pretrained(tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    del state["bert.encoder.layer.1.output.dense.weight"]
    save_file(state, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"bert\.encoder\.layer\.1\.output\.dense\.weight"):
        load_weights(tmp_path, BERT, TOKENIZER)


def test_a_configuration_that_transformers_refuses_is_named(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert", "hidden_size": "eight"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"config.json: .*hidden_size"):
        load_weights(tmp_path, BERT, TOKENIZER)


class Malice:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("executed"),))


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text(random_model(BERT, TOKENIZER, seed=1).config.to_json_string())
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps({"weight": Malice()}, protocol=2))
    with pytest.raises(UserError, match="it holds more than tensors, getattr, and code of a file is never run"):
        load_weights(tmp_path, BERT, TOKENIZER)
    assert not (tmp_path / "executed").exists()


def test_the_dropout_of_this_project_goes_before_the_sources(tmp_path):
    random_model(ALBERT.model_copy(update={"dropout": 0.1}), TOKENIZER, seed=1).save_pretrained(tmp_path)
    weights, _ = load_weights(tmp_path, ALBERT, TOKENIZER)
    assert weights.config.hidden_dropout_prob == 0.0
    assert any("hidden_dropout_prob" in note for note in weights.notes)


def test_an_empty_folder_says_what_was_expected(tmp_path):
    (tmp_path / "README").write_text("")
    with pytest.raises(UserError, match=r"expected model.safetensors.*found README"):
        load_weights(tmp_path, BERT, TOKENIZER)


def test_the_script_makes_models_of_a_source_and_of_a_seed(tmp_path):
    tokenizer = tmp_path / "tokenizer"
    tokenizer.mkdir()
    (tokenizer / "tokenizer.json").write_text(WORD_LEVEL)
    special = {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}
    (tokenizer / "manifest.json").write_text(
        json.dumps({"fingerprint": "f" * 16, "vocab_size": 20, "special_ids": special})
    )
    (tmp_path / "source").mkdir()
    write_checkpoint(tmp_path / "source/model.ckpt-0", albert_variables(ALBERT, 20, seed=1))
    common = {"name": "toy", "tokenizer": "toy", "architecture": ALBERT.model_dump()}
    make_model(tmp_path / "a", tokenizer, common | {"source": "s"}, "--source", str(tmp_path / "source"))
    make_model(tmp_path / "b", tokenizer, common | {"random_seed": 1})
    for folder in (tmp_path / "a", tmp_path / "b"):
        assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors", "manifest.json"}
        assert AlbertForMaskedLM.from_pretrained(folder).config.hidden_dropout_prob == 0.0
    for settings, options in (({"source": "s"}, []), ({"random_seed": 1}, ["--source", str(tmp_path / "source")])):
        with pytest.raises(UserError, match="Give --source if and only if the settings name one"):
            make_model(tmp_path / "c", tokenizer, common | settings, *options)


WORD_LEVEL = json.dumps(
    {"version": "1.0", "added_tokens": [], "model": {"type": "WordLevel", "vocab": {"<unk>": 0}, "unk_token": "<unk>"}}
)


def make_model(output: Path, tokenizer: Path, settings: dict[str, Any], *more: str) -> None:
    specification = importlib.util.spec_from_file_location("make_model", ROOT / "scripts/make_model.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    options = [
        "--model",
        "toy",
        "--settings",
        json.dumps(settings),
        "--tokenizer",
        str(tokenizer),
        "--output",
        str(output),
    ]
    module.main(module.parser().parse_args([*options, *more]))
