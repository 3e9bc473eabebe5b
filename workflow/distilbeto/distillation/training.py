"""A segment of a student's training, from its state at one step to its state at a later one.

The result is the same, bit for bit, however the training is cut into segments on the same machine: what a step reads,
which tokens it masks and what its dropout drops are functions of the seed and of the step.
"""

import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from distilbeto.distillation.batches import Batch
from distilbeto.distillation.hashing import torch_seed
from distilbeto.distillation.lessons import Lessons, step_batch
from distilbeto.distillation.objective import Output, Tokens, divisors, loss_sums, output_of, tokens_of, weighted
from distilbeto.distillation.optimization import Learner, learning_rate_at, resume, state_of, update
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import State
from distilbeto.errors import UserError
from distilbeto.progress import progress

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DROPOUT = 21


def run_segment(
    student: "PreTrainedModel", state: State, end_step: int, lessons: Lessons, settings: TrainingSettings
) -> tuple[State, list[dict[str, Any]]]:
    """Train `student`, which is on its device, from `state` to `end_step`.

    Returns:
        The state at `end_step`, which shares its tensors with `student`, and the metrics of each step.

    Raises:
        UserError: the state is not the student's, or a loss or a gradient is not finite.
    """
    with _deterministic():
        learner = resume(student.train(), state, settings.optimizer, settings.precision)
        steps = progress(range(state.step, end_step), total=end_step - state.step, unit="steps")
        metrics = [_run_step(learner, step, lessons, settings) for step in steps]
    return state_of(learner, end_step), metrics


def _run_step(learner: Learner, step: int, lessons: Lessons, settings: TrainingSettings) -> dict[str, Any]:
    """Train one step, counted from 0; its metrics bear the number of steps done."""
    began = time.monotonic()
    batch = step_batch(lessons, step, settings.step_sequences)
    learning_rate = learning_rate_at(step, settings.optimizer, settings.steps)
    losses = accumulate_gradients(learner, batch, lessons, (settings.seed, step))
    try:
        _assert_finite(losses)
        norm = update(learner, learning_rate, settings.optimizer.max_gradient_norm)
    except FloatingPointError as error:
        raise UserError(
            f"step {step + 1}: {error}; nothing was written, the previous state is whole",
            remedy="Lower the learning rate, lengthen the warm-up, or train with precision bf16 or fp32.",
        ) from None
    return {
        "step": step + 1,
        "loss": sum(lessons.objective.factors[name] * value for name, value in losses.items()),
        "losses": losses,
        "learning_rate": learning_rate,
        "gradient_norm": norm if math.isfinite(norm) else None,
        "tokens": batch.tokens,
        "padding_share": round(batch.padding_share, 4),
        "tokens_per_second": round(batch.tokens / (time.monotonic() - began), 1),
    }


def accumulate_gradients(learner: Learner, batch: Batch, lessons: Lessons, seed: tuple[int, int]) -> dict[str, float]:
    """Add the gradients of a step's loss to the student's; returns the mean of each loss over the step.

    `seed` (the training's, and the step) decides with each micro-batch's number what its dropout drops.
    """
    terms, device = divisors(lessons.objective, batch), learner.student.device
    totals = {name: torch.zeros((), dtype=torch.float64, device=device) for name in terms}
    for number, micro_batch in enumerate(batch.micro_batches):
        torch.manual_seed(torch_seed(DROPOUT, *seed, number))
        tokens = tokens_of(lessons.objective, micro_batch, device)
        with learner.casting():
            taught = teacher_output(lessons, tokens)
            sums = loss_sums(lessons.objective, tokens, output_of(learner.student, tokens), taught)
        torch.autograd.backward(learner.scaler.scale(weighted(lessons.objective, terms, sums)))
        for name, value in sums.items():
            totals[name] += value.detach()
    return {name: float(total) / terms[name] for name, total in totals.items()}


def teacher_output(lessons: Lessons, tokens: Tokens) -> Output | None:
    """What the teacher says, if there is one and a loss needs it."""
    if lessons.teacher is None or not lessons.objective.needs_teacher:
        return None
    with torch.no_grad():
        return output_of(lessons.teacher, tokens)


def _assert_finite(losses: dict[str, float]) -> None:
    broken = [f"the loss {name} is {value}" for name, value in losses.items() if not math.isfinite(value)]
    if broken:
        raise FloatingPointError(", ".join(broken))


@contextmanager
def _deterministic() -> Iterator[None]:
    """Let torch choose algorithms whose results do not change from run to run."""
    before = torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
