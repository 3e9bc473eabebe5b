"""The stage before the first segment: the state at step 0, with random weights or layers copied from the teacher."""

from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.distillation.fingerprint import training_fingerprints
from distilbeto.distillation.settings import Initialization, TrainingSettings
from distilbeto.distillation.state import State, write_state
from distilbeto.distillation.teacher import require_teacher
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.layer_copy import student_state
from distilbeto.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def initialize_student(settings: TrainingSettings, tokenizer: Path, teacher: Path | None, output: Path) -> None:
    """Write the state at step 0: random weights from the seed, then layers of the teacher if the settings name some.

    Raises:
        UserError: teacher, tokenizer and student do not fit each other.
    """
    loaded = load_tokenizer(tokenizer)
    loaded_teacher = require_teacher(teacher, settings, loaded)
    student = random_model(settings.architecture, loaded, settings.seed)
    if loaded_teacher is not None and settings.initialization.layers is not None:
        copy_layers(loaded_teacher.model, student, settings.initialization)
    state = State(0, dict(student.named_parameters()), {}, {})
    write_state(output, state, training_fingerprints(settings, loaded, loaded_teacher))


def copy_layers(teacher: "PreTrainedModel", student: "PreTrainedModel", initialization: Initialization) -> None:
    """Overwrite the student's weights with the teacher's.

    Raises:
        UserError: as `student_state`; or the numbers of attention heads differ, which no shape shows.
    """
    heads = student.config.num_attention_heads, teacher.config.num_attention_heads
    if heads[0] != heads[1]:
        raise UserError(
            f"the student does not fit its teacher: it has {heads[0]} attention heads, the teacher {heads[1]}",
            remedy="Give the student the teacher's number of heads, or random weights (initialization.layers: null).",
        )
    copied = student_state(
        teacher.state_dict(),
        teacher.config.model_type,
        student.state_dict(),
        student.config.model_type,
        layers=initialization.layers or [],
        teacher_layers=teacher.config.num_hidden_layers,
        copy_head_transform=initialization.copy_head_transform,
    )
    student.load_state_dict(copied)
