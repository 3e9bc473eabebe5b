"""The stage before the first segment: the state at step 0, with random weights or layers copied from the teacher."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.distillation.fingerprint import training_fingerprints
from distilbeto.distillation.settings import Initialization, TrainingSettings
from distilbeto.distillation.state import State, write_state
from distilbeto.distillation.teacher import require_teacher
from distilbeto.errors import UserError
from distilbeto.models.build import inherited_fields, random_model, shape_of
from distilbeto.models.families import family_of
from distilbeto.models.layer_copy import layers_to_copy, problem_of_copy, student_state
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel


def initialize_student(settings: TrainingSettings, tokenizer: Path, teacher: Path | None, output: Path) -> None:
    """Write the state at step 0: random weights from the seed, then layers of the teacher if the settings name some.

    With its layers a student takes of its teacher's configuration what these were trained with.

    Raises:
        UserError: teacher, tokenizer and student do not fit each other.
    """
    loaded = load_tokenizer(tokenizer)
    loaded_teacher = require_teacher(teacher, settings, loaded)
    student = random_model(settings.architecture, loaded, settings.seed)
    inherited = {}
    if loaded_teacher is not None and settings.initialization.layers is not None:
        inherited = inherited_fields(loaded_teacher.model.config, student.config)
        student = random_model(settings.architecture, loaded, settings.seed, inherited)
        copy_layers(loaded_teacher.model, student, settings.initialization)
    state = State(0, dict(student.named_parameters()), {}, {}, inherited=inherited)
    write_state(output, state, training_fingerprints(settings, loaded, loaded_teacher))


def copy_layers(teacher: "PreTrainedModel", student: "PreTrainedModel", initialization: Initialization) -> None:
    """Overwrite the student's weights with the teacher's.

    Raises:
        UserError: their families or sizes do not fit, or their vocabularies.
    """
    shapes = [Architecture(**shape_of(model.config)) for model in (teacher, student)]
    depths = [shape.num_hidden_layers for shape in shapes]
    layers = layers_to_copy(initialization.layers or [], teacher=depths[0], student=depths[1])
    problem = problem_of_copy(*shapes, layers=initialization.layers or [])
    problem = problem or _problem_of_kinds(teacher.config, student.config, layers)
    if problem:
        raise UserError(problem, remedy="Or give the student random weights (initialization.layers: null).")
    copied = student_state(
        teacher.state_dict(),
        family_of(teacher.config.model_type),
        student.state_dict(),
        family_of(student.config.model_type),
        layers=layers,
        copy_head_transform=initialization.copy_head_transform,
    )
    student.load_state_dict(copied)


def _problem_of_kinds(teacher: "PretrainedConfig", student: "PretrainedConfig", layers: Sequence[int]) -> str | None:
    """A teacher may have other kinds of layers than its family usually has."""
    kinds = [config.layer_types if hasattr(config, "layer_types") else None for config in (teacher, student)]
    if kinds[0] is None or kinds[1] is None:
        return None
    copied = [kinds[0][layer] for layer in layers]
    return None if copied == kinds[1] else f"the teacher's layers {layers} are {copied}, the student's {kinds[1]}"
