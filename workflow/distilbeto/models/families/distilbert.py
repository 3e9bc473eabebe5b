"""DistilBERT (Sanh et al., 2019): a BERT of half the layers, without token types and pooler.

In a teacher BERT that reads single sentences, token type 0 is added to every token. It could be folded into the word
embeddings of the student, but was not in the thesis's run, and is not here.
"""

from typing import TYPE_CHECKING

from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MODULES = {
    "word_embeddings": "distilbert.embeddings.word_embeddings",
    "position_embeddings": "distilbert.embeddings.position_embeddings",
    "embeddings_layer_norm": "distilbert.embeddings.LayerNorm",
    "query": "distilbert.transformer.layer.{}.attention.q_lin",
    "key": "distilbert.transformer.layer.{}.attention.k_lin",
    "value": "distilbert.transformer.layer.{}.attention.v_lin",
    "attention_output": "distilbert.transformer.layer.{}.attention.out_lin",
    "attention_layer_norm": "distilbert.transformer.layer.{}.sa_layer_norm",
    "intermediate": "distilbert.transformer.layer.{}.ffn.lin1",
    "output": "distilbert.transformer.layer.{}.ffn.lin2",
    "output_layer_norm": "distilbert.transformer.layer.{}.output_layer_norm",
    "head_transform": "vocab_transform",
    "head_layer_norm": "vocab_layer_norm",
    "head_projection": "vocab_projector",
}


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    transformed = model.vocab_layer_norm(model.activation(model.vocab_transform(hidden)))
    logits: torch.Tensor = model.vocab_projector(transformed)
    return logits


FAMILY = Family(
    model_type="distilbert",
    with_every_head="DistilBertForMaskedLM",
    modules=MODULES,
    mlm_logits=mlm_logits,
    teachers=("bert", "distilbert"),
    config_names={
        "hidden_size": "dim",
        "num_hidden_layers": "n_layers",
        "num_attention_heads": "n_heads",
        "intermediate_size": "hidden_dim",
    },
    dropouts=("dropout", "attention_dropout"),
)
