"""The first state of a student: its teacher's weights, bit for bit, from file to file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

from distilbeto.distillation.initialization import initialize_student
from distilbeto.distillation.optimization import load_weights
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import read_state
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.families import family_of
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import load_tokenizer

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

    def make(teacher_type: str, student_type: str, **initialization: Any) -> tuple[State, State]:
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


# Settings that an Architecture does not name, and in which published models differ from transformers' defaults.
ROTARY = {
    "full_attention": {"rope_theta": 500.0, "rope_type": "default"},
    "sliding_attention": {"rope_theta": 50.0, "rope_type": "default"},
}
CONFIGS: dict[str, dict[str, Any]] = {
    "bert": {"layer_norm_eps": 0.1, "hidden_act": "relu"},
    "albert": {"hidden_act": "relu"},
    "roberta": {"layer_norm_eps": 0.1, "type_vocab_size": 2},
    "xlm-roberta": {"layer_norm_eps": 0.1},
    "modernbert": {"rope_parameters": ROTARY, "local_attention": 4, "norm_eps": 0.1},
    "electra": {"hidden_act": "relu"},
}


@pytest.mark.parametrize("family", CONFIGS)
def test_a_student_of_all_layers_computes_what_its_teacher_does(
    family: str,
    make_settings: Callable[..., TrainingSettings],
    make_architecture: Callable[..., Architecture],
    make_model_folder: Callable[..., Path],
    tokenizer_folder: Path,
    tmp_path: Path,
) -> None:
    """Also where the teacher's configuration is not the usual one of its family."""
    teacher, output = make_model_folder(family, num_hidden_layers=4, config=CONFIGS[family]), tmp_path / "0.safetensors"
    architecture = make_architecture(family, num_hidden_layers=4)
    settings = make_settings(architecture=architecture.model_dump(), initialization={"layers": [0, 1, 2, 3]})
    initialize_student(settings, tokenizer_folder, teacher, output)
    state = read_state(output, {})
    assert dict(state.inherited) == CONFIGS[family]
    student = random_model(architecture, load_tokenizer(tokenizer_folder), 1, state.inherited)
    load_weights(student, state)
    words = {"input_ids": torch.arange(6, 30)[None]}
    expected = AutoModelForMaskedLM.from_pretrained(teacher).eval()(**words).logits
    assert torch.equal(student.eval()(**words).logits, expected)
    usual = random_model(architecture, load_tokenizer(tokenizer_folder), 1)
    load_weights(
        usual,
        state._replace(model={name: state.model[name][: len(weights)] for name, weights in usual.named_parameters()}),
    )
    assert not torch.allclose(usual.eval()(**words).logits, expected, atol=1e-4)


def test_layers_of_another_kind_are_refused(
    make_settings: Callable[..., TrainingSettings],
    make_architecture: Callable[..., Architecture],
    make_model_folder: Callable[..., Path],
    tokenizer_folder: Path,
    tmp_path: Path,
) -> None:
    """The plan knows how a ModernBERT usually is, the folder how this one is."""
    teacher = make_model_folder("modernbert", num_hidden_layers=4, config={"global_attn_every_n_layers": 2})
    settings = make_settings(
        architecture=make_architecture("modernbert", num_hidden_layers=3).model_dump(),
        initialization={"layers": [0, 1, 2]},
    )
    with pytest.raises(UserError, match=r"the teacher's layers \[0, 1, 2\] are .*, the student's"):
        initialize_student(settings, tokenizer_folder, teacher, tmp_path / "0.safetensors")


@pytest.mark.parametrize("types", [("bert", "distilbert"), ("bert", "bert"), ("albert", "albert")])
def test_all_weights_are_the_teachers(types: tuple[str, str], initialized: Callable[..., tuple[State, State]]) -> None:
    teacher, student = initialized(*types)
    modules = origins(*types)
    for name, tensor in student.items():
        module, _, parameter = name.rpartition(".")
        assert torch.equal(tensor, teacher[f"{modules[module]}.{parameter}"]), name


def test_a_name_gives_the_layers_that_it_stands_for(initialized: Callable[..., tuple[State, State]]) -> None:
    _, by_name = initialized("bert", "distilbert", layers="uniform")
    _, by_number = initialized("bert", "distilbert", layers=[1, 3])
    assert by_name.keys() == by_number.keys()
    assert all(torch.equal(by_name[name], tensor) for name, tensor in by_number.items())


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
