"""Load what a source holds, a transformers model or a TensorFlow checkpoint, and refuse what is not the model named."""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.build import assert_architecture, transformers_config
from distilbeto.models.convert import state_dict_of
from distilbeto.models.families import family_of
from distilbeto.models.fit import fit
from distilbeto.models.save import Weights
from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_checkpoint import read_checkpoint
from distilbeto.storage.files import read_json
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig


def load_weights(source: Path, architecture: Architecture, tokenizer: LoadedTokenizer) -> tuple[Weights, str]:
    """The weights in the folder `source`, and the name of their file.

    Raises:
        UserError: no weights are found, or they do not fit the architecture, the vocabulary or transformers.
    """
    for name in ("model.safetensors", "pytorch_model.bin"):
        if (source / name).is_file():
            config, notes = _saved_config(source, architecture, tokenizer)
            return fit(config, _read_tensors(source / name), notes, where=source / name), name
    indices = sorted(source.rglob("*.index"))
    if len(indices) != 1:
        there = ", ".join(path.name for path in sorted(source.rglob("*"))) or "nothing"
        raise UserError(
            f"expected model.safetensors, pytorch_model.bin or one TensorFlow checkpoint (*.index), found {there}",
            where=source,
            remedy="List the files of one model under `files` of the source.",
        )
    return _from_tensorflow(indices[0], architecture, tokenizer), str(indices[0].relative_to(source))


def _saved_config(
    source: Path, architecture: Architecture, tokenizer: LoadedTokenizer
) -> tuple["PretrainedConfig", list[str]]:
    """The configuration beside the weights, with this project's dropout and padding."""
    path = source / "config.json"
    saved = read_json(path)
    found = saved.get("model_type") if isinstance(saved, dict) else None
    if found != architecture.model_type:
        raise UserError(f"model_type is {found}, expected {architecture.model_type}", where=path)
    config = _parse_config(saved, path)
    assert_architecture(config, architecture, where=path)
    _assert_vocabulary(config.vocab_size, tokenizer, path)
    wanted = transformers_config(architecture, tokenizer)
    dropouts = family_of(architecture.model_type).dropouts
    changed = [name for name in dropouts if getattr(config, name, None) != getattr(wanted, name)]
    for name in [*changed, "pad_token_id"]:
        setattr(config, name, getattr(wanted, name))
    return config, [f"{name} of the source's configuration set to {getattr(wanted, name)}" for name in changed]


def _parse_config(saved: dict[str, Any], path: Path) -> "PretrainedConfig":
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    # Labels of a task that the weights were fine-tuned for mean nothing here.
    settings = {name: value for name, value in saved.items() if name not in ("id2label", "label2id")}
    try:
        return AutoConfig.for_model(**settings)
    except (StrictDataclassError, ValueError, TypeError) as error:
        raise UserError(
            f"transformers refuses this configuration: {' '.join(str(error).split())}", where=path
        ) from None


def _from_tensorflow(index: Path, architecture: Architecture, tokenizer: LoadedTokenizer) -> Weights:
    family = family_of(architecture.model_type)
    if not family.tensorflow:
        raise UserError(f"no TensorFlow checkpoint of a {architecture.model_type} can be converted", where=index)
    notes = _check_neighbouring_config(index, architecture)
    state = state_dict_of(read_checkpoint(index.with_suffix("")), family)
    words = state[f"{family.modules['word_embeddings']}.weight"]
    _assert_vocabulary(len(words), tokenizer, index)
    return fit(transformers_config(architecture, tokenizer), state, notes, where=index)


def _check_neighbouring_config(index: Path, architecture: Architecture) -> list[str]:
    """Hold google-research's bert_config.json or albert_config.json, where there is one, against the architecture."""
    for path in sorted(index.parent.glob("*.json")):
        saved = read_json(path)
        if isinstance(saved, dict) and "hidden_size" in saved:
            blank = {"model_type": architecture.model_type, "embedding_size": None, "max_position_embeddings": None}
            assert_architecture(SimpleNamespace(**blank | saved), architecture, where=path)
            return []
    unseen = "layers and heads" if family_of(architecture.model_type).shared_layers else "heads"
    return [f"no configuration beside the checkpoint: its number of {unseen} could not be verified"]


def _assert_vocabulary(size: int, tokenizer: LoadedTokenizer, where: Path) -> None:
    if size != tokenizer.vocab_size:
        raise UserError(
            f"the model has a vocabulary of {size}, its tokenizer one of {tokenizer.vocab_size}",
            where=where,
            remedy="Correct the model's source or its tokenizer in the configuration.",
        )


def _read_tensors(path: Path) -> dict[str, "torch.Tensor"]:
    """Tensors by name; a pickle is read as far as it holds tensors and plain containers, and refused otherwise."""
    import pickle

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        state = torch.load(path, weights_only=True, map_location="cpu")
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        first_line = str(error).partition("\n")[0]
        raise UserError(f"damaged, or holds more than tensors: {first_line}", where=path) from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise UserError("expected tensors by name", where=path)
    return dict(state)
