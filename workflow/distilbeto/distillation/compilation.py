"""torch.compile for the encoders of student and teacher.

Their dropout then draws other numbers than without it, from the same seeds.
"""

import os
import shutil
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import torch

from distilbeto.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def compile_encoder(model: "PreTrainedModel") -> None:
    """Compile `model`'s encoder where it is first called: once for all micro-batches of two sequences or more, and once
    for those of one.

    Raises:
        UserError: there is no C++ compiler.
    """
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise UserError(
            f"the student's setting compile needs the C++ compiler {compiler}, which is not there",
            remedy="Install it, or set compile to false.",
        )
    model.base_model.compile(dynamic=True)


def not_compiled() -> AbstractContextManager[None]:
    """Run compiled encoders as they were written: an evaluation is too short to compile for."""
    stance: AbstractContextManager[None] = torch.compiler.set_stance("force_eager")
    return stance
