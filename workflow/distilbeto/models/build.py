"""From an architecture to a transformers configuration or model, and back."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel


def transformers_config(architecture: Architecture, tokenizer: LoadedTokenizer) -> "PretrainedConfig":
    """The configuration of `architecture` over the vocabulary of `tokenizer`.

    Ids of special tokens come from the tokenizer: DistilBERT's default for padding, 0, is MASK in BETO's vocabulary.
    """
    from transformers import AutoConfig

    family = family_of(architecture.model_type)
    defaults = deepcopy(dict(family.defaults))
    shape = {theirs: getattr(architecture, ours) for ours, theirs in family.shape_fields().items()}
    dropouts = dict.fromkeys(family.dropouts, architecture.dropout)
    special = {field: getattr(tokenizer, token) for field, token in family.special_tokens.items()}
    return AutoConfig.for_model(
        architecture.model_type, vocab_size=tokenizer.vocab_size, **defaults, **shape, **dropouts, **special
    )


def random_model(architecture: Architecture, tokenizer: LoadedTokenizer, seed: int) -> "PreTrainedModel":
    """A masked language model with random weights, the same for the same seed."""
    import torch
    from transformers import AutoModelForMaskedLM

    torch.manual_seed(seed)
    config = transformers_config(architecture, tokenizer)
    return AutoModelForMaskedLM.from_config(config, attn_implementation=family_of(architecture.model_type).attention)


def shape_of(config: Any) -> dict[str, Any]:
    """The shape that a loaded transformers configuration describes, in the words of Architecture, without dropout.

    Raises:
        UserError: its family is not known.
    """
    fields = family_of(config.model_type).shape_fields()
    return {"model_type": config.model_type} | {ours: getattr(config, theirs) for ours, theirs in fields.items()}


def assert_architecture(config: Any, architecture: Architecture, *, where: Any) -> None:
    """Refuse weights of another model than the one named: two rows of the thesis were base models.

    Raises:
        UserError: naming each field that differs.
    """
    expected = architecture.model_dump(exclude={"dropout"}, exclude_none=True)
    found = shape_of(config)
    wrong = [
        f"{name} is {found.get(name)}, expected {value}" for name, value in expected.items() if found.get(name) != value
    ]
    if wrong:
        raise UserError(
            f"not the model named in the configuration: {'; '.join(wrong)}",
            where=where,
            remedy="Correct the model's source or its architecture in the configuration.",
        )
