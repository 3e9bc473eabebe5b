"""Give a student the weights of its teacher: some layers, the embeddings, the masked-language-model head.

A teacher BERT makes a DistilBERT or a smaller BERT; an ALBERT makes a smaller ALBERT, whose layers share one group of
weights. DistilBERT has no token type embeddings. In a BERT that reads single sentences, type 0 is added to every token;
it could be folded into the word embeddings, but was not in the thesis's run, and is not here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from distilbeto.errors import UserError

if TYPE_CHECKING:
    import torch

HEAD_TRANSFORM = ("head_transform", "head_layer_norm")
MODULES = {
    "bert": {
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
        "head_transform": "cls.predictions.transform.dense",
        "head_layer_norm": "cls.predictions.transform.LayerNorm",
        "head_projection": "cls.predictions.decoder",
        "head_bias": "cls.predictions",
    },
    "distilbert": {
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
    },
    "albert": {
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
        "head_transform": "predictions.dense",
        "head_layer_norm": "predictions.LayerNorm",
        "head_projection": "predictions.decoder",
        "head_bias": "predictions",
    },
}
PAIRS = {("bert", "distilbert"), ("bert", "bert"), ("distilbert", "distilbert"), ("albert", "albert")}


def student_state(
    teacher: Mapping[str, "torch.Tensor"],
    teacher_type: str,
    student: Mapping[str, "torch.Tensor"],
    student_type: str,
    *,
    layers: Sequence[int],
    teacher_layers: int,
    copy_head_transform: bool,
) -> dict[str, "torch.Tensor"]:
    """The weights of a student whose layer i is the teacher's layer `layers[i]`: clones, bit for bit.

    `student` holds its random weights; of them only the head's transform stays, if `copy_head_transform` is false.
    Weights tied to others are expected under each of their names, as state_dict() gives them.

    Raises:
        UserError: there is no such layer, no way from one type to the other, or a tensor of another shape.
    """
    if (teacher_type, student_type) not in PAIRS:
        raise UserError(f"{student_type} students cannot be made of the layers of {teacher_type} teachers")
    missing = [layer for layer in layers if not 0 <= layer < teacher_layers]
    if missing:
        raise UserError(f"initialization.layers names {missing}; the teacher's layers are 0 to {teacher_layers - 1}")
    origins = dict(_module_pairs(teacher_type, student_type, layers, copy_head_transform))
    copied = dict(student)
    for name, tensor in student.items():
        module, _, parameter = name.rpartition(".")
        if module in origins:
            copied[name] = _copy(teacher, f"{origins[module]}.{parameter}", name, tensor)
    return copied


def _module_pairs(
    teacher_type: str, student_type: str, layers: Sequence[int], copy_head_transform: bool
) -> Iterator[tuple[str, str]]:
    """Modules of the student, each with the module of the teacher that it is copied from."""
    for role, module in MODULES[student_type].items():
        if copy_head_transform or role not in HEAD_TRANSFORM:
            for number, layer in enumerate(layers):
                yield module.format(number), MODULES[teacher_type][role].format(layer)


def _copy(teacher: Mapping[str, "torch.Tensor"], origin: str, name: str, tensor: "torch.Tensor") -> "torch.Tensor":
    found = teacher.get(origin)
    if found is None or found.shape != tensor.shape:
        shape = "missing" if found is None else list(found.shape)
        raise UserError(
            f"the student does not fit its teacher: {name} is {list(tensor.shape)}, the teacher's {origin} is {shape}",
            remedy="Layers can be copied between models of the same sizes and the same tokenizer only.",
        )
    return found.clone()
