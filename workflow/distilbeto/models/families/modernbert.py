"""ModernBERT (Warner et al., 2024): rotary positions, gated feed-forward layers, two of three layers with a window.

Layer i attends to all tokens if i is a multiple of 3, else to 64 on each side. Layer 0 has no norm before attention.
"""

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "model.embeddings.tok_embeddings",
    "embeddings_layer_norm": "model.embeddings.norm",
    "attention_layer_norm": "model.layers.{}.attn_norm",
    "query_key_value": "model.layers.{}.attn.Wqkv",
    "attention_output": "model.layers.{}.attn.Wo",
    "output_layer_norm": "model.layers.{}.mlp_norm",
    "intermediate": "model.layers.{}.mlp.Wi",
    "output": "model.layers.{}.mlp.Wo",
    "last_layer_norm": "model.final_norm",
    "head_transform": "head.dense",
    "head_layer_norm": "head.norm",
    "head_projection": "decoder",
}
SPECIAL_TOKENS = {
    "pad_token_id": "pad",
    "bos_token_id": "cls",
    "cls_token_id": "cls",
    "eos_token_id": "sep",
    "sep_token_id": "sep",
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.decoder(model.head(hidden))
    return logits


def attention_mask(config: Any, mask: "torch.Tensor") -> dict[str, "torch.Tensor"]:
    """By the kind of a layer. transformers takes a mask of four dimensions as it is, without a window.

    A place of padding sees itself, so that no row is empty.
    """
    import torch

    places = torch.arange(mask.shape[-1], device=mask.device)
    distances = (places[:, None] - places).abs()  # [longest, longest]
    local = mask & (distances <= config.sliding_window) | (distances == 0)  # [sequences, 1, longest, longest]
    return {"full_attention": mask, "sliding_attention": local}


FAMILY = Family(
    model_type="modernbert",
    with_every_head="ModernBertForMaskedLM",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("modernbert",),
    dropouts=("attention_dropout", "mlp_dropout", "embedding_dropout"),
    special_tokens=MappingProxyType(SPECIAL_TOKENS),
    attention_mask=attention_mask,
    gated=True,
    layer_cycle=3,
    first_layer_differs=True,
)
