"""The first state of a student: its teacher's weights, bit for bit, from file to file."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

from distilbeto.distillation.initialization import initialize_student
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.models.families import family_of
from distilbeto.models.settings import Architecture

LAYERS = [1, 3]

State = dict[str, torch.Tensor]


@pytest.fixture
def initialized(
    make_settings: Callable[..., TrainingSettings],
    make_architecture: Callable[..., Architecture],
    make_model_folder: Callable[..., Path],
    tokenizer_folder: Path,
    tmp_path: Path,
) -> Callable[..., tuple[State, State]]:
    """The weights of a teacher of four layers, and those of its student of two."""

    def make(teacher_type: str, student_type: str, **initialization: bool) -> tuple[State, State]:
        teacher, output = make_model_folder(teacher_type, num_hidden_layers=4), tmp_path / "0.safetensors"
        settings = make_settings(
            architecture=make_architecture(student_type).model_dump(),
            initialization={"layers": LAYERS, **initialization},
        )
        initialize_student(settings, tokenizer_folder, teacher, output)
        student = {name.removeprefix("model."): tensor for name, tensor in load_file(output).items()}
        return AutoModelForMaskedLM.from_pretrained(teacher).state_dict(), student

    return make


def origins(teacher_type: str, student_type: str) -> dict[str, str]:
    """The student's modules, each with that of the teacher that has its role and, in a layer, its place."""
    teacher, student = family_of(teacher_type), family_of(student_type)
    pairs = [(module, teacher.modules[role]) for role, module in student.modules.items()]
    return {own.format(place): other.format(layer) for own, other in pairs for place, layer in enumerate(LAYERS)}


@pytest.mark.parametrize("types", [("bert", "distilbert"), ("bert", "bert"), ("albert", "albert")])
def test_all_weights_are_the_teachers(types: tuple[str, str], initialized: Callable[..., tuple[State, State]]) -> None:
    teacher, student = initialized(*types)
    modules = origins(*types)
    for name, tensor in student.items():
        module, _, parameter = name.rpartition(".")
        assert torch.equal(tensor, teacher[f"{modules[module]}.{parameter}"]), name


def test_without_the_heads_transform_only_that_is_random(initialized: Callable[..., tuple[State, State]]) -> None:
    types = "bert", "distilbert"
    teacher, student = initialized(*types, copy_head_transform=False)
    modules = origins(*types)
    differing = {
        name
        for name, tensor in student.items()
        if not torch.equal(tensor, teacher[f"{modules[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}"])
    }
    assert differing == {"vocab_transform.weight"}
