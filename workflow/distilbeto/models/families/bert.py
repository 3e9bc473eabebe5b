"""BERT (Devlin et al., 2019)."""

from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "bert.embeddings.word_embeddings",
    "position_embeddings": "bert.embeddings.position_embeddings",
    "token_type_embeddings": "bert.embeddings.token_type_embeddings",
    "embeddings_layer_norm": "bert.embeddings.LayerNorm",
    "query": "bert.encoder.layer.{}.attention.self.query",
    "key": "bert.encoder.layer.{}.attention.self.key",
    "value": "bert.encoder.layer.{}.attention.self.value",
    "attention_output": "bert.encoder.layer.{}.attention.output.dense",
    "attention_layer_norm": "bert.encoder.layer.{}.attention.output.LayerNorm",
    "intermediate": "bert.encoder.layer.{}.intermediate.dense",
    "output": "bert.encoder.layer.{}.output.dense",
    "output_layer_norm": "bert.encoder.layer.{}.output.LayerNorm",
    "pooler": "bert.pooler.dense",
    "head_transform": "cls.predictions.transform.dense",
    "head_layer_norm": "cls.predictions.transform.LayerNorm",
    "head_projection": "cls.predictions.decoder",
    "head_bias": "cls.predictions",
    "sentence_head": "cls.seq_relationship",
}
TENSORFLOW = {
    "word_embeddings": "bert/embeddings/word_embeddings",
    "position_embeddings": "bert/embeddings/position_embeddings",
    "token_type_embeddings": "bert/embeddings/token_type_embeddings",
    "embeddings_layer_norm": "bert/embeddings/LayerNorm",
    "query": "bert/encoder/layer_{}/attention/self/query",
    "key": "bert/encoder/layer_{}/attention/self/key",
    "value": "bert/encoder/layer_{}/attention/self/value",
    "attention_output": "bert/encoder/layer_{}/attention/output/dense",
    "attention_layer_norm": "bert/encoder/layer_{}/attention/output/LayerNorm",
    "intermediate": "bert/encoder/layer_{}/intermediate/dense",
    "output": "bert/encoder/layer_{}/output/dense",
    "output_layer_norm": "bert/encoder/layer_{}/output/LayerNorm",
    "pooler": "bert/pooler/dense",
    "head_transform": "cls/predictions/transform/dense",
    "head_layer_norm": "cls/predictions/transform/LayerNorm",
    "head_bias": "cls/predictions/output",
    "sentence_head": "cls/seq_relationship/output",
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.cls(hidden)
    return logits


FAMILY = Family(
    model_type="bert",
    with_every_head="BertForPreTraining",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("bert",),
    token_types=True,
    tensorflow=TENSORFLOW,
)
