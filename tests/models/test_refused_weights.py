"""Weights that cannot be what their configuration says are refused, in words that say what to do."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tests.models.test_published import BERT, SHAPE, TOKENIZER, published
from transformers import AutoModelForMaskedLM, PreTrainedModel

from distilbeto.errors import UserError
from distilbeto.models.build import random_model, transformers_config
from distilbeto.models.load import load_weights
from distilbeto.models.save import Weights
from distilbeto.models.settings import Architecture

QUERY = "bert.encoder.layer.0.attention.self.query.weight"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef\nsize 12345\n"


@pytest.fixture(scope="module")
def model() -> PreTrainedModel:
    return random_model(BERT, TOKENIZER, seed=1)


def loaded(source: Path) -> Weights:
    return load_weights(source, None, TOKENIZER)[0]


def refused(source: Path) -> str:
    with pytest.raises(UserError) as caught:
        loaded(source)
    return str(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_weights_that_are_no_numbers_are_named(
    tmp_path: Path, model: PreTrainedModel, dtype: torch.dtype, value: float
) -> None:
    state = {name: tensor.to(dtype, copy=True) for name, tensor in model.state_dict().items()}
    state[QUERY][3, 2] = value
    message = refused(published(tmp_path, model, state))
    assert "infinite or no numbers" in message
    assert QUERY in message


def test_numbers_of_a_byte_are_refused_as_packed_ones_are(tmp_path: Path, model: PreTrainedModel) -> None:
    state = model.state_dict() | {QUERY: model.state_dict()[QUERY].to(torch.float8_e4m3fn)}
    assert "quantized weights (torch.float8_e4m3fn)" in refused(published(tmp_path, model, state))


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "modernbert", "deberta-v2", "eurobert"])
@pytest.mark.parametrize("encoder_alone", [True, False])
def test_layers_that_the_configuration_leaves_out_are_named(tmp_path: Path, family: str, encoder_alone: bool) -> None:
    whole = Architecture(model_type=family, max_position_embeddings=14, **SHAPE)
    half = Architecture(model_type=family, max_position_embeddings=14, **SHAPE | {"num_hidden_layers": 1})
    model = random_model(whole, TOKENIZER, seed=1)
    state = model.base_model.state_dict() if encoder_alone else model.state_dict()
    (tmp_path / "config.json").write_text(transformers_config(half, TOKENIZER).to_json_string())
    save_file({name: tensor.clone() for name, tensor in state.items()}, tmp_path / "model.safetensors")
    assert "it has weights of 2 layers, but its configuration says 1" in refused(tmp_path)


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_a_pointer_of_git_lfs_is_called_so(tmp_path: Path, model: PreTrainedModel, file: str) -> None:
    source = published(tmp_path, model)
    (source / "model.safetensors").unlink()
    (source / file).write_text(POINTER)
    message = refused(source)
    assert f"{file}: a pointer of Git LFS" in message
    assert "git lfs pull" in message


class Code:
    def __reduce__(self) -> Any:
        return os.system, ("true",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": Code()}, "it holds more than tensors, posix.system, and code of a file is never run"),
        ({"model": {}, "epoch": 3}, "expected tensors by name, found entries that are none: model, epoch"),
        ([torch.zeros(1)], "expected tensors by name, found a list"),
    ],
)
def test_a_pickle_of_anything_else_is_refused_without_advice_to_run_it(
    tmp_path: Path, model: PreTrainedModel, content: Any, message: str
) -> None:
    source = published(tmp_path, model)
    (source / "model.safetensors").unlink()
    torch.save(content, source / "pytorch_model.bin")
    found = refused(source)
    assert message in found
    assert "weights_only" not in found


@pytest.mark.parametrize("length", [0, 1, 100, 3000, -1])
def test_a_pickle_that_was_cut_short_is_called_so(tmp_path: Path, model: PreTrainedModel, length: int) -> None:
    source = published(tmp_path, model)
    (source / "model.safetensors").unlink()
    torch.save(model.state_dict(), source / "pytorch_model.bin")
    (source / "pytorch_model.bin").write_bytes((source / "pytorch_model.bin").read_bytes()[:length])
    assert "damaged, or cut short" in refused(source)


@pytest.mark.parametrize(
    "changes",
    [
        {"return_dict": False},
        {"output_attentions": True},
        {"output_hidden_states": True},
        {"torchscript": True},
        {"_attn_implementation": "flash_attention_2"},
        {"attn_implementation": "flash_attention_2"},
    ],
)
def test_how_its_makers_ran_a_model_is_not_kept(
    tmp_path: Path, model: PreTrainedModel, changes: dict[str, Any]
) -> None:
    config = loaded(published(tmp_path, model, **changes)).config
    written = json.loads(config.to_json_string())
    assert written.get(next(iter(changes))) != next(iter(changes.values()))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"is_decoder": True}, "is_decoder is True, expected False"),
        ({"hidden_act": "foo"}, "transformers makes no model of this configuration: KeyError: 'foo'"),
        ({"num_attention_heads": 3}, "not a multiple of the number of attention heads"),
        ({"torch_dtype": "foo"}, "transformers refuses this configuration"),
    ],
)
def test_a_configuration_of_no_encoder_is_refused_in_one_line(
    tmp_path: Path, model: PreTrainedModel, changes: dict[str, Any], message: str
) -> None:
    assert message in refused(published(tmp_path, model, **changes))


@pytest.mark.parametrize("said", ["bfloat16", "float32", None])
def test_the_precision_that_weights_had_is_theirs_and_not_what_config_json_says(
    tmp_path: Path, model: PreTrainedModel, said: str | None
) -> None:
    half = {name: tensor.half() for name, tensor in model.state_dict().items()}
    weights = loaded(published(tmp_path, model, half, dtype=said))
    assert "float16 weights turned into float32" in weights.notes
    assert weights.config.dtype in (None, torch.float32)
    weights = loaded(published(tmp_path, model, dtype=said))
    assert not [note for note in weights.notes if "turned into" in note]


def test_a_head_that_is_the_embeddings_as_a_whole_is_kept(tmp_path: Path) -> None:
    eurobert = Architecture(model_type="eurobert", max_position_embeddings=14, **SHAPE)
    config = transformers_config(eurobert, TOKENIZER)
    config.tie_word_embeddings = True
    weights = loaded(published(tmp_path, AutoModelForMaskedLM.from_config(config)))
    assert weights.config.architectures == ["EuroBertForMaskedLM"]
    assert not any("encoder alone" in note for note in weights.notes)


@pytest.mark.parametrize(
    ("files", "remedy"),
    [
        (["adapter_config.json", "adapter_model.safetensors"], "merge it into its model"),
        (["README.md", "small/config.json", "large/config.json"], "one of its folders: large, small"),
        (["config.json", "tf_model.h5"], "Weights of Keras, Flax, ONNX and GGUF are not read"),
        (["a.index", "b.index"], "List the files of one checkpoint"),
        ([], "Set the source's location to a folder with config.json"),
    ],
)
def test_a_folder_without_weights_says_what_it_holds(tmp_path: Path, files: list[str], remedy: str) -> None:
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("{}")
    message = refused(tmp_path)
    assert remedy in message
    assert f"found {', '.join(sorted(files)) or 'nothing'}" in message


def test_a_folder_within_the_only_folder_of_an_archive_is_read(tmp_path: Path, model: PreTrainedModel) -> None:
    inner = tmp_path / "mine" / "pytorch"
    inner.mkdir(parents=True)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / ".DS_Store").write_text("")
    published(inner, model)
    assert load_weights(tmp_path, None, TOKENIZER)[1] == "mine/pytorch/model.safetensors"
