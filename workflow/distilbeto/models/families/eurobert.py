"""EuroBERT (Boizard et al., 2025): a Llama that attends to both sides. Its padding is its end of text.

transformers has no head for question answering; `eurobert_heads` adds one.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "model.embed_tokens",
    "attention_layer_norm": "model.layers.{}.input_layernorm",
    "query": "model.layers.{}.self_attn.q_proj",
    "key": "model.layers.{}.self_attn.k_proj",
    "value": "model.layers.{}.self_attn.v_proj",
    "attention_output": "model.layers.{}.self_attn.o_proj",
    "output_layer_norm": "model.layers.{}.post_attention_layernorm",
    "gate": "model.layers.{}.mlp.gate_proj",
    "intermediate": "model.layers.{}.mlp.up_proj",
    "output": "model.layers.{}.mlp.down_proj",
    "last_layer_norm": "model.norm",
    "head_projection": "lm_head",
}
SPECIAL_TOKENS = {"pad_token_id": "pad", "bos_token_id": "cls", "eos_token_id": "sep", "mask_token_id": "mask"}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.lm_head(hidden)
    return logits


def register_heads() -> None:
    from distilbeto.models.families import eurobert_heads

    eurobert_heads.register()


FAMILY = Family(
    model_type="eurobert",
    with_every_head="EuroBertForMaskedLM",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("eurobert",),
    dropouts=("attention_dropout",),
    special_tokens=MappingProxyType(SPECIAL_TOKENS),
    # The published models' base of rotary positions; transformers' own default is 10,000.
    defaults=MappingProxyType({"rope_parameters": {"rope_type": "default", "rope_theta": 250_000.0}}),
    gated=True,
    register_heads=register_heads,
)
