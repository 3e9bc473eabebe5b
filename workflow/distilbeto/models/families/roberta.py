"""RoBERTa (Liu et al., 2019): a BERT that reads pairs without token types, and counts positions from the padding on."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "roberta.embeddings.word_embeddings",
    "position_embeddings": "roberta.embeddings.position_embeddings",
    "token_type_embeddings": "roberta.embeddings.token_type_embeddings",
    "embeddings_layer_norm": "roberta.embeddings.LayerNorm",
    "query": "roberta.encoder.layer.{}.attention.self.query",
    "key": "roberta.encoder.layer.{}.attention.self.key",
    "value": "roberta.encoder.layer.{}.attention.self.value",
    "attention_output": "roberta.encoder.layer.{}.attention.output.dense",
    "attention_layer_norm": "roberta.encoder.layer.{}.attention.output.LayerNorm",
    "intermediate": "roberta.encoder.layer.{}.intermediate.dense",
    "output": "roberta.encoder.layer.{}.output.dense",
    "output_layer_norm": "roberta.encoder.layer.{}.output.LayerNorm",
    "head_transform": "lm_head.dense",
    "head_layer_norm": "lm_head.layer_norm",
    "head_projection": "lm_head.decoder",
    "head_bias": "lm_head",
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.lm_head(hidden)
    return logits


FAMILY = Family(
    model_type="roberta",
    with_every_head="RobertaForMaskedLM",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("roberta", "xlm-roberta"),
    # transformers' own defaults are those of BERT; published models, fairseq's, have these.
    defaults=MappingProxyType({"type_vocab_size": 1, "layer_norm_eps": 1e-5}),
    special_tokens=MappingProxyType({"pad_token_id": "pad", "bos_token_id": "cls", "eos_token_id": "sep"}),
    token_types=True,
    first_position=2,
)
