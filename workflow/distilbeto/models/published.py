"""The configuration that is published beside weights: read, held against the architecture, never passed over."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.build import assert_architecture, shape_of, transformers_config
from distilbeto.models.families import FAMILIES, family_of
from distilbeto.models.families.record import Family
from distilbeto.models.settings import Architecture
from distilbeto.storage.files import read_json
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig

# What neither transformers computes nor the conversion keeps, unless it has this value.
PLAIN = {
    "position_embedding_type": ("absolute", "transformers computes absolute positions only; others were dropped"),
    "is_decoder": (False, "a decoder's words see only those before them"),
    "quantization_config": (None, "quantized weights are not read: take the checkpoint that they were made of"),
}
# Labels of a task that the weights were fine-tuned for mean nothing here, nor does the code of a repository. What a
# model returns, and which library computes its attention, its user decides.
UNUSED = {
    "id2label",
    "label2id",
    "auto_map",
    "attn_implementation",
    "_attn_implementation",
    "output_attentions",
    "output_hidden_states",
    "return_dict",
    "torchscript",
}
# Of google-research's configurations alone.
PLAIN_IN_TENSORFLOW = PLAIN | {
    name: (value, "models of this kind have no counterpart in transformers")
    for name, value in {
        "num_hidden_groups": 1,
        "inner_group_num": 1,
        "net_structure_type": 0,
        "gap_size": 0,
        "num_memory_blocks": 0,
        "down_scale_factor": 1,
        "directionality": "bidi",
    }.items()
}
TAKEN_FROM_TENSORFLOW = ("hidden_act", "layer_norm_eps", "type_vocab_size")
GIVE_ARCHITECTURE = f"Give the model an `architecture`, with its model_type: {', '.join(FAMILIES)}."


def saved_config(
    folder: Path, architecture: Architecture | None, tokenizer: LoadedTokenizer
) -> tuple["PretrainedConfig", list[str]]:
    """The config.json beside weights of transformers, with this project's dropout and padding; and what was changed.

    Raises:
        UserError: there is none, it is of no known family or of another architecture, or asks for what is not computed.
    """
    path = folder / "config.json"
    saved = _read(path)
    family = _family(saved, architecture, path)
    _refuse(saved, PLAIN, path)
    config = _parse(saved | {"model_type": family.model_type}, path)
    if family.first_position and config.pad_token_id != tokenizer.pad:
        raise UserError(
            f"positions are counted from pad_token_id, {config.pad_token_id}, and the tokenizer has {tokenizer.pad}",
            where=path,
            remedy="Correct the model's tokenizer in the configuration.",
        )
    config.pad_token_id = tokenizer.pad
    if architecture is None:
        return config, []
    assert_architecture(config, architecture, where=path)
    return config, _set_dropout(config, family, architecture)


def config_beside_checkpoint(
    index: Path, architecture: Architecture | None, tokenizer: LoadedTokenizer
) -> tuple["PretrainedConfig", list[str]]:
    """The configuration of a TensorFlow checkpoint: the architecture, and what the file beside it says of the rest.

    That file is google-research's bert_config.json or albert_config.json, or a config.json.

    Raises:
        UserError: as `saved_config`; or no TensorFlow checkpoint of the family can be converted.
    """
    path = next((path for path in sorted(index.parent.glob("*.json")) if "hidden_size" in _read(path)), None)
    if path is None:
        if architecture is None:
            raise UserError("no configuration beside the checkpoint", where=index, remedy=GIVE_ARCHITECTURE)
        family = _with_checkpoints(family_of(architecture.model_type), index)
        unseen = "layers and heads" if family.shared_layers else "heads"
        note = f"no configuration beside the checkpoint: its number of {unseen} could not be verified"
        return transformers_config(architecture, tokenizer), [note]
    saved = _read(path)
    family = _with_checkpoints(_family(saved, architecture, path), index)
    width = {} if "embedding_size" in family.extra_fields else {"embedding_size": (saved["hidden_size"], "")}
    _refuse(saved, PLAIN_IN_TENSORFLOW | width, path)
    if architecture is not None:
        blank = {"model_type": family.model_type, "embedding_size": None, "max_position_embeddings": None}
        assert_architecture(SimpleNamespace(**blank | saved), architecture, where=path)
    read = _parse(saved | {"model_type": family.model_type}, path)
    shape = architecture or Architecture(**shape_of(read))
    config = transformers_config(shape, tokenizer)
    for name in set(TAKEN_FROM_TENSORFLOW) & saved.keys():
        setattr(config, name, _value_in_tensorflow(name, saved, config, path))
    if architecture is not None:
        return config, _dropout_notes(read, config, family)
    for name in family.dropouts:
        setattr(config, name, getattr(read, name))
    return config, []


def _read(path: Path) -> dict[str, Any]:
    saved = read_json(path)
    return saved if isinstance(saved, dict) else {}


def _family(saved: Mapping[str, Any], architecture: Architecture | None, where: Path) -> Family:
    found = saved.get("model_type")
    if architecture is None and found is None:
        raise UserError("it does not say its model_type", where=where, remedy=GIVE_ARCHITECTURE)
    if architecture is not None and found not in (None, architecture.model_type):
        raise UserError(f"model_type is {found}, expected {architecture.model_type}", where=where)
    try:
        return family_of(str(found) if architecture is None else architecture.model_type)
    except UserError as error:
        raise UserError(str(error), where=where) from None


def _with_checkpoints(family: Family, index: Path) -> Family:
    if not family.tensorflow:
        raise UserError(f"no TensorFlow checkpoint of a {family.model_type} can be converted", where=index)
    return family


def _refuse(saved: Mapping[str, Any], plain: Mapping[str, tuple[Any, str]], where: Path) -> None:
    wrong = [
        f"{name} is {saved[name]}, expected {value}" + (f" ({reason})" if reason else "")
        for name, (value, reason) in plain.items()
        if saved.get(name, value) not in (value, None)
    ]
    if wrong:
        raise UserError(f"a model that cannot be converted: {'; '.join(wrong)}", where=where)


def _parse(saved: dict[str, Any], path: Path) -> "PretrainedConfig":
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    settings = {name: value for name, value in saved.items() if name not in UNUSED}
    try:
        return AutoConfig.for_model(**settings)
    except (StrictDataclassError, AttributeError, TypeError, ValueError) as error:
        raise UserError(
            f"transformers refuses this configuration: {' '.join(str(error).split())}", where=path
        ) from None


def _set_dropout(config: "PretrainedConfig", family: Family, architecture: Architecture) -> list[str]:
    published = SimpleNamespace(**{name: getattr(config, name, None) for name in family.dropouts})
    for name in family.dropouts:
        setattr(config, name, architecture.dropout)
    return _dropout_notes(published, config, family)


def _dropout_notes(published: Any, config: "PretrainedConfig", family: Family) -> list[str]:
    """What the architecture changes of the published dropout."""
    names = [name for name in family.dropouts if getattr(published, name) != getattr(config, name)]
    return [f"{name} of the source's configuration set to {getattr(config, name)}" for name in names]


def _value_in_tensorflow(name: str, saved: Mapping[str, Any], config: "PretrainedConfig", where: Path) -> Any:
    """A setting of google-research: its gelu is the form that transformers takes for the family, exact or by tanh."""
    from transformers.activations import ACT2FN

    value = saved[name]
    if name != "hidden_act":
        return value
    if value == "gelu" and "model_type" not in saved:
        return config.hidden_act
    if value not in ACT2FN:
        raise UserError(f"hidden_act is {value}, which transformers does not know", where=where)
    return value
