"""torch.compile for the encoders of student and teacher."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def compile_encoder(model: "PreTrainedModel") -> None:
    """Compile `model`'s encoder where it is first called, once for micro-batches of all shapes."""
    model.base_model.compile(dynamic=True)


def not_compiled() -> AbstractContextManager[None]:
    """Run compiled encoders as they were written: an evaluation is too short to compile for."""
    stance: AbstractContextManager[None] = torch.compiler.set_stance("force_eager")
    return stance
