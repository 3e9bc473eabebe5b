"""ELECTRA (Clark et al., 2020): a BERT that learns which words were replaced. What is published is the discriminator.

The generator, a smaller model, has a masked language model's head; the discriminator has none.
"""

from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "electra.embeddings.word_embeddings",
    "position_embeddings": "electra.embeddings.position_embeddings",
    "token_type_embeddings": "electra.embeddings.token_type_embeddings",
    "embeddings_layer_norm": "electra.embeddings.LayerNorm",
    "embedding_mapping": "electra.embeddings_project",
    "query": "electra.encoder.layer.{}.attention.self.query",
    "key": "electra.encoder.layer.{}.attention.self.key",
    "value": "electra.encoder.layer.{}.attention.self.value",
    "attention_output": "electra.encoder.layer.{}.attention.output.dense",
    "attention_layer_norm": "electra.encoder.layer.{}.attention.output.LayerNorm",
    "intermediate": "electra.encoder.layer.{}.intermediate.dense",
    "output": "electra.encoder.layer.{}.output.dense",
    "output_layer_norm": "electra.encoder.layer.{}.output.LayerNorm",
    "head_transform": "generator_predictions.dense",
    "head_layer_norm": "generator_predictions.LayerNorm",
    "head_projection": "generator_lm_head",
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.generator_lm_head(model.generator_predictions(hidden))
    return logits


FAMILY = Family(
    model_type="electra",
    with_every_head="ElectraForMaskedLM",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("electra",),
    why_no_logits="an ELECTRA, a discriminator, predicts which words were replaced, not which word stood there",
    extra_fields=("embedding_size",),
    token_types=True,
)
