"""ALBERT (Lan et al., 2020): one group of weights for all layers, and a factorised embedding."""

from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "albert.embeddings.word_embeddings",
    "position_embeddings": "albert.embeddings.position_embeddings",
    "token_type_embeddings": "albert.embeddings.token_type_embeddings",
    "embeddings_layer_norm": "albert.embeddings.LayerNorm",
    "embedding_mapping": "albert.encoder.embedding_hidden_mapping_in",
    "query": "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.query",
    "key": "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.key",
    "value": "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.value",
    "attention_output": "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.dense",
    "attention_layer_norm": "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.LayerNorm",
    "intermediate": "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn",
    "output": "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn_output",
    "output_layer_norm": "albert.encoder.albert_layer_groups.0.albert_layers.0.full_layer_layer_norm",
    "pooler": "albert.pooler",
    "head_transform": "predictions.dense",
    "head_layer_norm": "predictions.LayerNorm",
    "head_projection": "predictions.decoder",
    "head_bias": "predictions",
    "sentence_head": "sop_classifier.classifier",
}
TENSORFLOW = {
    "word_embeddings": "bert/embeddings/word_embeddings",
    "position_embeddings": "bert/embeddings/position_embeddings",
    "token_type_embeddings": "bert/embeddings/token_type_embeddings",
    "embeddings_layer_norm": "bert/embeddings/LayerNorm",
    "embedding_mapping": "bert/encoder/embedding_hidden_mapping_in",
    "query": "bert/encoder/transformer/group_0/inner_group_0/attention_1/self/query",
    "key": "bert/encoder/transformer/group_0/inner_group_0/attention_1/self/key",
    "value": "bert/encoder/transformer/group_0/inner_group_0/attention_1/self/value",
    "attention_output": "bert/encoder/transformer/group_0/inner_group_0/attention_1/output/dense",
    "attention_layer_norm": "bert/encoder/transformer/group_0/inner_group_0/LayerNorm",
    "intermediate": "bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/dense",
    "output": "bert/encoder/transformer/group_0/inner_group_0/ffn_1/intermediate/output/dense",
    "output_layer_norm": "bert/encoder/transformer/group_0/inner_group_0/LayerNorm_1",
    "pooler": "bert/pooler/dense",
    "head_transform": "cls/predictions/transform/dense",
    "head_layer_norm": "cls/predictions/transform/LayerNorm",
    "head_bias": "cls/predictions/output",
    "sentence_head": "cls/seq_relationship/output",
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    logits: torch.Tensor = model.predictions(hidden)
    return logits


FAMILY = Family(
    model_type="albert",
    with_every_head="AlbertForPreTraining",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("albert",),
    extra_fields=("embedding_size",),
    special_tokens={"pad_token_id": "pad", "bos_token_id": "cls", "eos_token_id": "sep"},
    token_types=True,
    shared_layers=True,
    tensorflow=TENSORFLOW,
)
