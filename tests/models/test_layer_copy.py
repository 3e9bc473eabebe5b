"""A student's weights are its teacher's, bit for bit; what does not fit is refused."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForMaskedLM

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.layer_copy import LayerMap, layers_to_copy, problem_of_copy, student_state
from distilbeto.models.settings import Architecture

WIDE = {
    "hidden_size": 16,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "vocab_size": 40,
    "max_position_embeddings": 20,
}
DISTIL = {"dim": 16, "n_heads": 2, "hidden_dim": 24, "vocab_size": 40, "max_position_embeddings": 20}
ALBERT = WIDE | {"embedding_size": 8}

State = Mapping[str, torch.Tensor]


def state(model_type: str, seed: int, **shape: Any) -> State:
    torch.manual_seed(seed)
    model = AutoModelForMaskedLM.from_config(AutoConfig.for_model(model_type, **shape))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model.state_dict()


def copy(teacher: State, student: State, *types: str, layers: list[int], head: bool = True) -> State:
    families = map(family_of, types)
    return student_state(teacher, next(families), student, next(families), layers=layers, copy_head_transform=head)


def test_distilbert_takes_layers_embeddings_and_head_of_bert() -> None:
    teacher = state("bert", 1, num_hidden_layers=4, **WIDE)
    made = copy(teacher, state("distilbert", 2, n_layers=2, **DISTIL), "bert", "distilbert", layers=[1, 3])
    pairs = {
        "distilbert.embeddings.position_embeddings.weight": "bert.embeddings.position_embeddings.weight",
        "distilbert.embeddings.LayerNorm.bias": "bert.embeddings.LayerNorm.bias",
        "distilbert.transformer.layer.0.attention.q_lin.weight": "bert.encoder.layer.1.attention.self.query.weight",
        "distilbert.transformer.layer.0.attention.out_lin.bias": "bert.encoder.layer.1.attention.output.dense.bias",
        "distilbert.transformer.layer.1.sa_layer_norm.weight": "bert.encoder.layer.3.attention.output.LayerNorm.weight",
        "distilbert.transformer.layer.1.ffn.lin2.weight": "bert.encoder.layer.3.output.dense.weight",
        "distilbert.transformer.layer.1.output_layer_norm.bias": "bert.encoder.layer.3.output.LayerNorm.bias",
        "vocab_transform.weight": "cls.predictions.transform.dense.weight",
        "vocab_layer_norm.bias": "cls.predictions.transform.LayerNorm.bias",
        "vocab_projector.weight": "bert.embeddings.word_embeddings.weight",
        "vocab_projector.bias": "cls.predictions.bias",
    }
    assert all(torch.equal(made[name], teacher[origin]) for name, origin in pairs.items())
    teachers = list(teacher.values())
    assert all(
        any(torch.equal(tensor, found) for found in teachers if found.shape == tensor.shape) for tensor in made.values()
    )


def test_a_whole_copy_of_bert_predicts_what_a_distilbert_cannot_lose() -> None:
    """With no token types to lose, all layers copied make the same predictions: no matrix is in a wrong place."""
    teacher = AutoModelForMaskedLM.from_config(
        AutoConfig.for_model("bert", num_hidden_layers=2, pad_token_id=1, **WIDE)
    ).eval()
    student = AutoModelForMaskedLM.from_config(
        AutoConfig.for_model("distilbert", n_layers=2, pad_token_id=1, **DISTIL)
    ).eval()
    with torch.no_grad():
        teacher.bert.embeddings.token_type_embeddings.weight.zero_()
        copied = copy(teacher.state_dict(), student.state_dict(), "bert", "distilbert", layers=[0, 1])
        student.load_state_dict(copied)
        input_ids = torch.arange(2, 14).view(2, 6)
        assert torch.allclose(student(input_ids).logits, teacher(input_ids).logits, atol=1e-5)


def test_the_heads_transform_stays_random_if_so_set() -> None:
    teacher, student = state("bert", 1, num_hidden_layers=4, **WIDE), state("distilbert", 2, n_layers=1, **DISTIL)
    made = copy(teacher, student, "bert", "distilbert", layers=[0], head=False)
    for name in ("vocab_transform.weight", "vocab_transform.bias", "vocab_layer_norm.weight", "vocab_layer_norm.bias"):
        assert torch.equal(made[name], student[name])
    assert torch.equal(made["vocab_projector.bias"], teacher["cls.predictions.bias"])


def test_smaller_bert_of_bert() -> None:
    teacher = state("bert", 1, num_hidden_layers=4, **WIDE)
    made = copy(teacher, state("bert", 2, num_hidden_layers=2, **WIDE), "bert", "bert", layers=[3, 0])
    key = "attention.self.key.weight"
    assert torch.equal(made[f"bert.encoder.layer.0.{key}"], teacher[f"bert.encoder.layer.3.{key}"])
    assert torch.equal(made[f"bert.encoder.layer.1.{key}"], teacher[f"bert.encoder.layer.0.{key}"])
    outside = [name for name in made if ".layer." not in name]
    assert all(torch.equal(made[name], teacher[name]) for name in outside)


def test_smaller_distilbert_of_distilbert() -> None:
    teacher = state("distilbert", 1, n_layers=4, **DISTIL)
    made = copy(teacher, state("distilbert", 2, n_layers=2, **DISTIL), "distilbert", "distilbert", layers=[2, 0])
    for layer, origin in enumerate([2, 0]):
        own, other = (f"distilbert.transformer.layer.{number}." for number in (layer, origin))
        names = [name for name in made if name.startswith(own)]
        assert names
        assert all(torch.equal(made[name], teacher[name.replace(own, other)]) for name in names)
    assert all(torch.equal(made[name], teacher[name]) for name in made if ".layer." not in name)


def test_smaller_albert_takes_everything_of_albert() -> None:
    teacher = state("albert", 1, num_hidden_layers=4, **ALBERT)
    made = copy(teacher, state("albert", 2, num_hidden_layers=2, **ALBERT), "albert", "albert", layers=[0, 1])
    assert made.keys() == teacher.keys()
    assert all(torch.equal(made[name], teacher[name]) for name in teacher)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"vocab_size": 41},
            r"word_embeddings.weight is \[41, 16\], the teacher's .*word_embeddings.weight is \[40, 16\]",
        ),
        (
            {"hidden_dim": 30},
            r"layer.0.ffn.lin1.weight is \[30, 16\], the teacher's bert.encoder.layer.0.inter.* \[24, 16\]",
        ),
    ],
)
def test_a_tensor_of_another_shape_is_named(changes: dict[str, int], message: str) -> None:
    teacher = state("bert", 1, num_hidden_layers=4, **WIDE)
    with pytest.raises(UserError, match=message):
        copy(teacher, state("distilbert", 2, n_layers=1, **DISTIL | changes), "bert", "distilbert", layers=[0])


SIZES = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24}


def architecture(model_type: str, layers: int, **changes: int) -> Architecture:
    return Architecture(model_type=model_type, num_hidden_layers=layers, **SIZES | changes)


@pytest.mark.parametrize(
    ("teacher", "changes", "layers", "message"),
    [
        (
            architecture("albert", 4, embedding_size=8),
            {},
            [0],
            "distilbert students cannot be made of the layers of albert teachers, but of bert or distilbert",
        ),
        (architecture("bert", 4), {}, [0, 4], "there is no layer [4]; the teacher's layers are 0 to 3"),
        (
            architecture("bert", 4),
            {"num_attention_heads": 4, "max_position_embeddings": 20},
            [0, 1],
            "its num_attention_heads is 4, the teacher's 2; its max_position_embeddings is 20, the teacher's 512",
        ),
    ],
)
def test_a_student_that_cannot_fit_its_teacher_is_told_from_their_architectures(
    teacher: Architecture, changes: dict[str, int], layers: list[int], message: str
) -> None:
    student = architecture("distilbert", len(layers), **changes)
    assert message in str(problem_of_copy(teacher, student, layers=layers))
    assert problem_of_copy(architecture("bert", 5), architecture("distilbert", 2), layers=[0, 4]) is None


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ([0, 1, 2, 18], None),
        ([0, 1, 2, 3, 4, 5, 18], None),
        ([0, 5, 10, 15], "5 would be layer 1, 10 would be layer 2"),
        ([0, 2, 4], "2 would be layer 1, 4 would be layer 2"),
        ([3, 4, 5], "layer 0 has other weights than the rest"),
        ([0, 1, 2, 0], "layer 0 has other weights than the rest"),
    ],
)
def test_a_copied_layer_of_a_modernbert_keeps_its_kind(layers: list[int], problem: str | None) -> None:
    """The depths that mmBERT-small is cut to in use, and those that would turn local attention into global."""
    shape = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 24}
    teacher = Architecture(model_type="modernbert", num_hidden_layers=22, **shape)
    student = Architecture(model_type="modernbert", num_hidden_layers=len(layers), **shape)
    found = problem_of_copy(teacher, student, layers=layers)
    assert found == problem if problem is None else problem in str(found)


@pytest.mark.parametrize(
    ("name", "teacher", "student", "layers"),
    [
        ("thesis", 12, 6, [0, 2, 4, 7, 9, 11]),
        ("thesis", 4, 2, [0, 3]),
        ("thesis", 12, 1, [0]),
        ("lower", 12, 6, [0, 1, 2, 3, 4, 5]),
        ("uniform", 12, 6, [1, 3, 5, 7, 9, 11]),
        ("uniform", 12, 5, [1, 3, 6, 8, 11]),
        ("uniform", 12, 12, list(range(12))),
    ],
)
def test_maps_by_name(name: LayerMap, teacher: int, student: int, layers: list[int]) -> None:
    assert layers_to_copy(name, teacher=teacher, student=student) == layers


@pytest.mark.parametrize("name", ["thesis", "lower", "uniform"])
def test_a_map_names_as_many_layers_as_the_student_has_in_their_order(name: LayerMap) -> None:
    for teacher in range(1, 30):
        for student in range(1, teacher + 1):
            layers = layers_to_copy(name, teacher=teacher, student=student)
            assert layers == sorted(set(layers))
            assert len(layers) == student
            assert 0 <= layers[0] <= layers[-1] < teacher


@pytest.mark.parametrize("name", ["thesis", "lower", "uniform"])
def test_a_student_deeper_than_its_teacher_has_no_map(name: LayerMap) -> None:
    problem = problem_of_copy(architecture("bert", 4), architecture("bert", 6), layers=name)
    assert problem == f"{name}, but the student has 6 layers, its teacher 4"


def test_a_map_of_a_modernbert_keeps_the_kinds_of_its_layers() -> None:
    shapes = architecture("modernbert", 22), architecture("modernbert", 6)
    assert problem_of_copy(*shapes, layers="lower") is None
    assert "attention is global" in (problem_of_copy(*shapes, layers="uniform") or "")
