"""DeBERTa-v2 and -v3 (He et al., 2021, 2023): attention to content and to relative positions apart."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "deberta.embeddings.word_embeddings",
    "embeddings_layer_norm": "deberta.embeddings.LayerNorm",
    "relative_embeddings": "deberta.encoder.rel_embeddings",
    "relative_layer_norm": "deberta.encoder.LayerNorm",
    "query": "deberta.encoder.layer.{}.attention.self.query_proj",
    "key": "deberta.encoder.layer.{}.attention.self.key_proj",
    "value": "deberta.encoder.layer.{}.attention.self.value_proj",
    "attention_output": "deberta.encoder.layer.{}.attention.output.dense",
    "attention_layer_norm": "deberta.encoder.layer.{}.attention.output.LayerNorm",
    "intermediate": "deberta.encoder.layer.{}.intermediate.dense",
    "output": "deberta.encoder.layer.{}.output.dense",
    "output_layer_norm": "deberta.encoder.layer.{}.output.LayerNorm",
    "head_transform": "cls.predictions.transform.dense",
    "head_layer_norm": "cls.predictions.transform.LayerNorm",
    "head_projection": "cls.predictions.decoder",
    "head_bias": "cls.predictions",
}
# Of mDeBERTa-v3 and DeBERTa-v3. A position is a distance, in buckets that grow with it; there is no table of positions.
DEFAULTS = {
    "relative_attention": True,
    "position_biased_input": False,
    "pos_att_type": ["p2c", "c2p"],
    "position_buckets": 256,
    "max_relative_positions": -1,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "type_vocab_size": 0,
    "layer_norm_eps": 1e-7,
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.cls(hidden)
    return logits


FAMILY = Family(
    model_type="deberta-v2",
    with_every_head="DebertaV2ForMaskedLM",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("deberta-v2",),
    why_no_logits="a DeBERTa-v3 was trained to find replaced words, and its published weights hold no head for masks",
    defaults=MappingProxyType(DEFAULTS),
    token_types=True,
    attention="eager",
)
