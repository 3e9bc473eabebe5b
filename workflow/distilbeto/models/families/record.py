"""What differs between the families of encoders, as plain data: planning reads it, without torch and transformers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

NOTHING: Mapping[str, str] = MappingProxyType({})


class Family(NamedTuple):
    """One family of encoders.

    model_type: its name in transformers and in the configuration.
    with_every_head: the transformers class that has all heads of its pre-training.
    modules: the name of each part within that class, by its role; `{}` stands for the number of a layer. Parts of equal
        roles compute the same thing in every family that can give them to another. Roles that the code knows:
        word_embeddings, pooler, sentence_head (next sentence or sentence order), and head_* (masked language model).
    mlm_logits: the masked language model's head: hidden states [tokens, hidden_size] to logits [tokens, vocab_size].
    teachers: the families whose layers it can take.
    config_names: what its transformers configuration calls fields of Architecture, where it has names of its own.
    extra_fields: fields of Architecture that this family needs and others have not.
    dropouts: the fields of its transformers configuration that Architecture.dropout sets.
    special_tokens: fields of its transformers configuration that hold the id of a special token of LoadedTokenizer.
    token_types: whether it tells the two texts of a pair apart by token_type_ids.
    shared_layers: whether all layers are one group of weights.
    first_position: the position of the first token; the rows of position embeddings before it take no token.
    tensorflow: the name of each part in the checkpoints of google-research, by its role; empty where there are none.
    """

    model_type: str
    with_every_head: str
    modules: Mapping[str, str]
    mlm_logits: Callable[["PreTrainedModel", "torch.Tensor"], "torch.Tensor"]
    teachers: tuple[str, ...]
    config_names: Mapping[str, str] = NOTHING
    extra_fields: tuple[str, ...] = ()
    dropouts: tuple[str, ...] = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    special_tokens: Mapping[str, str] = MappingProxyType({"pad_token_id": "pad"})
    token_types: bool = False
    shared_layers: bool = False
    first_position: int = 0
    tensorflow: Mapping[str, str] = NOTHING

    def is_mlm_head(self, parameter: str) -> bool:
        """Whether a parameter, by its name in the class with every head, is of the masked language model's head."""
        module = parameter.rpartition(".")[0]
        return any(role.startswith("head_") and module == name for role, name in self.modules.items())

    def is_part(self, role: str, parameter: str) -> bool:
        """The same for the part of this role; false where the family has none."""
        return role in self.modules and parameter.startswith(f"{self.modules[role]}.")

    def shape_fields(self) -> dict[str, str]:
        """The fields of Architecture that weights show, with their names in the transformers configuration."""
        fields = [
            "hidden_size",
            "num_hidden_layers",
            "num_attention_heads",
            "intermediate_size",
            "max_position_embeddings",
            *self.extra_fields,
        ]
        return {field: self.config_names.get(field, field) for field in fields}
