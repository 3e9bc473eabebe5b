"""Names of variables in the checkpoints of google-research/bert and google-research/albert, and in transformers."""

import re
from collections.abc import Iterable

DENSE = {"kernel": "weight", "bias": "bias"}
LAYER_NORM = {"gamma": "weight", "beta": "bias"}
SENTENCE_HEAD = ("cls/seq_relationship/output_weights", "cls/seq_relationship/output_bias")
OPTIMIZER_STEPS = ("global_step", "beta1_power", "beta2_power")
OPTIMIZER_SLOTS = (
    "adam_m",
    "adam_v",
    "lamb_m",
    "lamb_v",
    "Adam",
    "Adam_1",
    "AdamWeightDecayOptimizer",
    "AdamWeightDecayOptimizer_1",
    "LAMBOptimizer",
    "LAMBOptimizer_1",
)


def is_optimizer_state(variable: str) -> bool:
    return variable in OPTIMIZER_STEPS or variable.rpartition("/")[2] in OPTIMIZER_SLOTS


def sentence_head_names(model_type: str) -> dict[str, str]:
    """Those of the sentence-order head of ALBERT, or the next-sentence head of BERT."""
    module = {"albert": "sop_classifier.classifier", "bert": "cls.seq_relationship"}[model_type]
    return dict(zip(SENTENCE_HEAD, (f"{module}.weight", f"{module}.bias"), strict=True))


def albert_names() -> dict[str, str]:
    """The transformers name of every variable of an ALBERT with one shared layer, but for the sentence-order head."""
    shared, layer = (
        "bert/encoder/transformer/group_0/inner_group_0",
        "albert.encoder.albert_layer_groups.0.albert_layers.0",
    )
    dense = {f"{shared}/attention_1/self/{part}": f"{layer}.attention.{part}" for part in ("query", "key", "value")} | {
        "bert/encoder/embedding_hidden_mapping_in": "albert.encoder.embedding_hidden_mapping_in",
        f"{shared}/attention_1/output/dense": f"{layer}.attention.dense",
        f"{shared}/ffn_1/intermediate/dense": f"{layer}.ffn",
        f"{shared}/ffn_1/intermediate/output/dense": f"{layer}.ffn_output",
        "bert/pooler/dense": "albert.pooler",
        "cls/predictions/transform/dense": "predictions.dense",
    }
    layer_norm = {
        "bert/embeddings/LayerNorm": "albert.embeddings.LayerNorm",
        f"{shared}/LayerNorm": f"{layer}.attention.LayerNorm",
        f"{shared}/LayerNorm_1": f"{layer}.full_layer_layer_norm",
        "cls/predictions/transform/LayerNorm": "predictions.LayerNorm",
    }
    output_bias = {"cls/predictions/output_bias": "predictions.bias"}
    return _embeddings("albert") | _each(dense, DENSE) | _each(layer_norm, LAYER_NORM) | output_bias


def bert_names(layers: int) -> dict[str, str]:
    """The transformers name of every variable of a BERT with so many layers, but for the next-sentence head."""
    dense = {
        "bert/pooler/dense": "bert.pooler.dense",
        "cls/predictions/transform/dense": "cls.predictions.transform.dense",
    }
    layer_norm = {
        "bert/embeddings/LayerNorm": "bert.embeddings.LayerNorm",
        "cls/predictions/transform/LayerNorm": "cls.predictions.transform.LayerNorm",
    }
    for number in range(layers):
        tensorflow, torch = f"bert/encoder/layer_{number}", f"bert.encoder.layer.{number}"
        for part in ("attention/self/query", "attention/self/key", "attention/self/value"):
            dense[f"{tensorflow}/{part}"] = f"{torch}.{part.replace('/', '.')}"
        for part in ("attention/output", "output"):
            dense[f"{tensorflow}/{part}/dense"] = f"{torch}.{part.replace('/', '.')}.dense"
            layer_norm[f"{tensorflow}/{part}/LayerNorm"] = f"{torch}.{part.replace('/', '.')}.LayerNorm"
        dense[f"{tensorflow}/intermediate/dense"] = f"{torch}.intermediate.dense"
    output_bias = {"cls/predictions/output_bias": "cls.predictions.bias"}
    return _embeddings("bert") | _each(dense, DENSE) | _each(layer_norm, LAYER_NORM) | output_bias


def bert_layers(variables: Iterable[str]) -> int:
    """The number of layers that the variables' names count to."""
    matches = (re.match(r"bert/encoder/layer_(\d+)/", name) for name in variables)
    return max((int(match[1]) + 1 for match in matches if match), default=0)


def _embeddings(model: str) -> dict[str, str]:
    kinds = ("word_embeddings", "token_type_embeddings", "position_embeddings")
    return {f"bert/embeddings/{kind}": f"{model}.embeddings.{kind}.weight" for kind in kinds}


def _each(modules: dict[str, str], parameters: dict[str, str]) -> dict[str, str]:
    return {f"{a}/{x}": f"{b}.{y}" for a, b in modules.items() for x, y in parameters.items()}
