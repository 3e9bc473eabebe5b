"""From an architecture to a transformers configuration or model, and back."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.families.record import NOTHING
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel


# Of a transformers configuration, what says nothing of how weights are to be computed with.
NOT_INHERITED = {
    "architectures",
    "dtype",
    "id2label",
    "initializer_range",
    "label2id",
    "layer_types",
    "model_type",
    "problem_type",
    "transformers_version",
    "use_cache",
    "vocab_size",
}


def transformers_config(
    architecture: Architecture, tokenizer: LoadedTokenizer, inherited: Mapping[str, Any] = NOTHING
) -> "PretrainedConfig":
    """The configuration of `architecture` over the vocabulary of `tokenizer`, with a teacher's fields as `inherited`.

    Ids of special tokens come from the tokenizer: DistilBERT's default for padding, 0, is MASK in BETO's vocabulary.
    """
    from transformers import AutoConfig

    family = family_of(architecture.model_type)
    defaults = deepcopy({**family.defaults, **inherited})
    shape = {theirs: getattr(architecture, ours) for ours, theirs in family.shape_fields().items()}
    dropouts = dict.fromkeys(family.dropouts, architecture.dropout)
    special = {field: getattr(tokenizer, token) for field, token in family.special_tokens.items()}
    return AutoConfig.for_model(
        architecture.model_type, vocab_size=tokenizer.vocab_size, **defaults, **shape, **dropouts, **special
    )


def random_model(
    architecture: Architecture, tokenizer: LoadedTokenizer, seed: int, inherited: Mapping[str, Any] = NOTHING
) -> "PreTrainedModel":
    """A masked language model with random weights, the same for the same seed; see `transformers_config`."""
    import torch
    from transformers import AutoModelForMaskedLM

    torch.manual_seed(seed)
    config = transformers_config(architecture, tokenizer, inherited)
    return AutoModelForMaskedLM.from_config(config, attn_implementation=family_of(architecture.model_type).attention)


def inherited_fields(teacher: "PretrainedConfig", student: "PretrainedConfig") -> dict[str, Any]:
    """What a student that takes layers of its teacher takes of its configuration too: all that decides how weights are
    computed with and that no Architecture names, such as bases of rotary positions. Nothing between two families whose
    configurations differ."""
    ours, theirs = family_of(student.model_type), family_of(teacher.model_type)
    if ours.modules != theirs.modules:
        return {}
    own = NOT_INHERITED | set(ours.shape_fields().values())
    then, now = teacher.to_dict(), student.to_dict()
    return {
        name: value
        for name, value in then.items()
        if name in now and value != now[name] and name not in own and not re.search("^_|dropout|token_id$", name)
    }


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
