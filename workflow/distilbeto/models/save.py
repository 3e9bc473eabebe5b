"""The folder of a model: config.json, model.safetensors, manifest.json; its tokenizer, where others are to load it."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distilbeto.models.build import shape_of
from distilbeto.models.families import family_of, max_tokens, takes_token_types
from distilbeto.storage.files import read_json, replacing, sha256_of, write_json, write_text
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel


class Weights(NamedTuple):
    """Weights by transformers name, the configuration they fit, and what a reader of the manifest should know."""

    config: "PretrainedConfig"
    state: Mapping[str, "torch.Tensor"]
    notes: Sequence[str] = ()


def weights_of(model: "PreTrainedModel") -> Weights:
    """All weights of `model`, whose configuration then names its class."""
    model.config.architectures = [type(model).__name__]
    return Weights(model.config, model.state_dict())


def save_model(
    folder: Path,
    name: str,
    weights: Weights,
    *,
    origin: str,
    tokenizer: LoadedTokenizer,
    settings: Any,
    stopwatch: Stopwatch,
) -> None:
    """Write a model as transformers reads it, and its manifest last. Tied weights are stored and counted once."""
    from safetensors.torch import save_file

    family = family_of(weights.config.model_type)
    # Of tied weights the encoder's name is kept, which every class knows: XLM-RoBERTa's model lists its head first.
    state = untied(dict(sorted(weights.state.items(), key=lambda item: family.is_mlm_head(item[0]))))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    with replacing(folder / "model.safetensors") as temporary:
        save_file(state, temporary, metadata={"format": "pt"})
    write_text(folder / "config.json", weights.config.to_json_string())
    manifest = {
        "model": name,
        "origin": origin,
        "architecture": shape_of(weights.config),
        "parameters": sum(tensor.numel() for tensor in state.values()),
        "tokenizer": tokenizer.fingerprint,
        "weights_sha256": sha256_of(folder / "model.safetensors"),
        "notes": list(weights.notes),
        "provenance": provenance(settings, stopwatch),
    }
    write_json(folder / "manifest.json", manifest)


def write_tokenizer(folder: Path, tokenizer: Path, config: "PretrainedConfig") -> None:
    """Write tokenizer.json and tokenizer_config.json beside a model, from the folder of a prepared tokenizer.

    transformers then knows the longest input of this model, and whether it has token types.
    """
    settings = read_json(tokenizer / "tokenizer_config.json") | {"model_max_length": max_tokens(config)}
    if not takes_token_types(config):
        settings["model_input_names"] = ["input_ids", "attention_mask"]
    with replacing(folder / "tokenizer.json") as temporary:
        shutil.copyfile(tokenizer / "tokenizer.json", temporary)
    write_json(folder / "tokenizer_config.json", settings)


def untied(state: Mapping[str, "torch.Tensor"]) -> dict[str, "torch.Tensor"]:
    """The tensors that do not share their memory with one before them, detached and contiguous."""
    first = {tensor.data_ptr(): name for name, tensor in reversed(list(state.items()))}
    return {name: tensor.detach().contiguous() for name, tensor in state.items() if first[tensor.data_ptr()] == name}
