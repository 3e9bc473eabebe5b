"""What differs between the families of encoders, as plain data: planning reads it, without torch and transformers."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

NOTHING: Mapping[str, Any] = MappingProxyType({})


def _unchanged(_: Any, mask: "torch.Tensor") -> "torch.Tensor":
    return mask


class Family(NamedTuple):
    """One family of encoders.

    model_type: its name in transformers and in the configuration.
    with_every_head: the transformers class that has all heads of its pre-training.
    modules: the name of each part within that class, by its role; `{}` stands for the number of a layer. Parts of equal
        roles compute the same thing in every family that can give them to another. Roles that the code knows:
        word_embeddings, pooler, sentence_head (next sentence or sentence order), and head_* (masked language model).
    mlm_logits: the masked language model's head: hidden states [tokens, hidden_size] to logits [tokens, vocab_size].
    teachers: the families whose layers it can take.
    why_no_logits: why its published models cannot teach by logits; empty where they can.
    config_names: what its transformers configuration calls fields of Architecture, where it has names of its own.
    extra_fields: fields of Architecture that this family needs and others have not.
    dropouts: the fields of its transformers configuration that Architecture.dropout sets.
    defaults: fields of its transformers configuration in which published models differ from transformers' defaults and
        that Architecture does not name: for models from a seed. Models of a source keep what their config.json says.
    special_tokens: fields of its transformers configuration that hold the id of a special token of LoadedTokenizer.
    token_types: whether its class takes token_type_ids. A model may have a single one: ask `takes_token_types`.
    attention: its implementation of attention in training, in the words of transformers.
    attention_mask: from a transformers configuration and a mask [sequences, 1, 1, longest], true where a token is, to
        what the encoder takes as its mask.
    shared_layers: whether all layers are one group of weights.
    untied_head: whether the head for masks has weights of its own, not those of the embeddings.
    gated: whether its feed-forward layers have a gate: three matrices instead of two.
    layer_cycle: layer i is of the kind, global or local, of layer i % layer_cycle; a copied layer keeps its kind.
    first_layer_differs: whether layer 0 has other weights than the rest: it alone can become a student's layer 0.
    first_position: the position of the first token; the rows of position embeddings before it take no token. Where it
        is not 0, it is the id of padding + 1, and that of published models is meant.
    register_heads: called before a model gets a head, for heads that transformers lacks.
    tensorflow: the name of each part in the checkpoints of google-research, by its role; empty where there are none.
    """

    model_type: str
    with_every_head: str
    modules: Mapping[str, str]
    mlm_logits: Callable[["PreTrainedModel", "torch.Tensor"], "torch.Tensor"]
    teachers: tuple[str, ...]
    why_no_logits: str = ""
    config_names: Mapping[str, str] = NOTHING
    extra_fields: tuple[str, ...] = ()
    dropouts: tuple[str, ...] = ("hidden_dropout_prob", "attention_probs_dropout_prob")
    defaults: Mapping[str, Any] = NOTHING
    special_tokens: Mapping[str, str] = MappingProxyType({"pad_token_id": "pad"})
    token_types: bool = False
    attention: str = "sdpa"
    attention_mask: Callable[[Any, "torch.Tensor"], Any] = _unchanged
    shared_layers: bool = False
    untied_head: bool = False
    gated: bool = False
    layer_cycle: int = 1
    first_layer_differs: bool = False
    first_position: int = 0
    register_heads: Callable[[], None] | None = None
    tensorflow: Mapping[str, str] = NOTHING

    def is_mlm_head(self, parameter: str) -> bool:
        """Whether a parameter, by its name in the class with every head, is of the masked language model's head."""
        module = parameter.rpartition(".")[0]
        return any(role.startswith("head_") and module == name for role, name in self.modules.items())

    def is_part(self, role: str, parameter: str) -> bool:
        """The same for the part of this role; false where the family has none."""
        return role in self.modules and parameter.startswith(f"{self.modules[role]}.")

    def layer_of(self, parameter: str) -> int | None:
        """The number of the layer that a parameter belongs to, whether its name is that in the class with every head or
        in the encoder alone; None outside the layers, or where all layers share their weights."""
        modules = (module for module in self.modules.values() if "{}" in module)
        places = {module.partition("{}")[0].partition(".")[2] for module in modules}
        found = re.match(rf"(?:\w+\.)?(?:{'|'.join(map(re.escape, sorted(places)))})(\d+)\.", parameter)
        return int(found[1]) if places and found else None

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
