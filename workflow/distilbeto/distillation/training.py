"""A segment of a student's training, from its state at one step to its state at a later one.

The result is the same, bit for bit, however the training is cut into segments on the same machine: what a step reads,
which tokens it masks and what its dropout drops are functions of the seed and of the step. Another number of processes
changes nothing but the order in which gradients are summed, and so their rounding.
"""

import math
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import torch

from distilbeto.distillation.batches import Batch
from distilbeto.distillation.counter_rng import torch_seed
from distilbeto.distillation.objective import Output, Tokens, divisors, loss_sums, output_of, tokens_of, weighted
from distilbeto.distillation.optimization import Learner, clip, learning_rate_at, resume, state_of, update
from distilbeto.distillation.prefetch import read_ahead
from distilbeto.distillation.ranks import ALONE, Ranks, failing_together, sum_gradients, sum_over
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import State
from distilbeto.distillation.training_data import Lessons, step_batch, with_all_targets
from distilbeto.errors import UserError
from distilbeto.job.progress import progress
from distilbeto.models.precision import resolve_precision

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DROPOUT = 21


def run_segment(
    student: "PreTrainedModel",
    state: State,
    end_step: int,
    lessons: Lessons,
    settings: TrainingSettings,
    *,
    ranks: Ranks = ALONE,
) -> tuple[State, list[dict[str, Any]]]:
    """Train `student`, which is on its device, from `state` to `end_step`.

    Returns:
        The state at `end_step`, which shares its tensors with `student`, and the metrics of each step.

    Raises:
        UserError: the state is not the student's, its precision needs a GPU, or a loss or a gradient is not finite.
    """

    def read(step: int) -> Batch:
        return step_batch(lessons, step, settings.sequences_per_step, ranks)

    steps = range(state.step, end_step)
    shown = progress(steps, total=len(steps), unit="steps") if ranks.rank == 0 else steps
    with _deterministic(), closing(read_ahead(read, steps)) as batches:
        with failing_together(ranks):
            precision = resolve_precision(settings.precision, student.device.type)
            learner = resume(student.train(), state, settings.optimizer, precision)
        metrics = [_run_step(learner, step, batches, lessons, settings, ranks=ranks) for step in shown]
    return state_of(learner, end_step), metrics


def _run_step(
    learner: Learner, step: int, batches: Iterator[Batch], lessons: Lessons, settings: TrainingSettings, *, ranks: Ranks
) -> dict[str, Any]:
    """Train one step, counted from 0; its metrics bear the number of steps done."""
    began = time.monotonic()
    with failing_together(ranks):
        batch = next(batches)
    batch = with_all_targets(batch, ranks)
    learning_rate = learning_rate_at(step, settings.optimizer, settings.steps)
    losses = accumulate_gradients(learner, batch, lessons, (settings.seed, step))
    sum_gradients(ranks, learner.student.parameters())
    with failing_together(ranks):
        means, norm = _update(learner, step, losses, learning_rate, settings, ranks=ranks)
    return {
        "step": step + 1,
        "loss": sum(lessons.objective.factors[name] * value for name, value in means.items()),
        "losses": means,
        "learning_rate": learning_rate,
        "gradient_norm": norm if math.isfinite(norm) else None,
        "tokens": batch.tokens,
        "padding_share": round(batch.padding_share, 4),
        "tokens_per_second": round(batch.tokens / (time.monotonic() - began), 1),
    }


def accumulate_gradients(
    learner: Learner, batch: Batch, lessons: Lessons, seed: tuple[int, int]
) -> dict[str, torch.Tensor]:
    """Add the gradients of a step's loss to the student's; returns the mean of each loss over the step.

    Both are this rank's share: over all ranks they add up to the step's. `seed` (the training's, and the step) decides
    with each micro-batch's number what its dropout drops. Nothing waits for the device.
    """
    terms, device = divisors(lessons.objective, batch), learner.student.device
    totals = {name: torch.zeros((), dtype=torch.float64, device=device) for name in terms}
    for number, micro_batch in zip(batch.numbers, batch.micro_batches, strict=True):
        torch.manual_seed(torch_seed(DROPOUT, *seed, number))
        tokens = tokens_of(lessons.objective, micro_batch, device)
        with learner.casting():
            taught = teacher_output(lessons, tokens)
            sums = loss_sums(lessons.objective, tokens, output_of(learner.student, tokens), taught)
        torch.autograd.backward(learner.scaler.scale(weighted(lessons.objective, terms, sums)))
        for name, value in sums.items():
            totals[name] += value.detach()
    return {name: total / terms[name] for name, total in totals.items()}


def teacher_output(lessons: Lessons, tokens: Tokens) -> Output | None:
    """What the teacher says, if there is one and a loss needs it."""
    if lessons.teacher is None or not lessons.objective.needs_teacher:
        return None
    with torch.inference_mode():
        output = output_of(lessons.teacher, tokens)
    # The cosine keeps the hidden states for its backward pass, which tensors of the inference mode do not allow.
    return output._replace(hidden=output.hidden.clone())


def _update(
    learner: Learner,
    step: int,
    losses: dict[str, torch.Tensor],
    learning_rate: float,
    settings: TrainingSettings,
    *,
    ranks: Ranks,
) -> tuple[dict[str, float], float]:
    """Move the weights, if all is finite; returns the losses over all ranks and the gradient's norm.

    Raises:
        UserError: a loss or the gradient is not finite.
    """
    totals = sum_over(ranks, torch.stack(list(losses.values())))
    norm = clip(learner, settings.optimizer.max_grad_norm)
    *values, length = torch.cat([totals, norm.double()[None]]).tolist()  # here alone a step waits for the device
    means = dict(zip(losses, values, strict=True))
    try:
        _assert_finite(means)
        update(learner, learning_rate, length)
    except FloatingPointError as error:
        raise UserError(
            f"step {step + 1}: {error}; nothing was written, the previous state is whole",
            remedy="Lower the learning rate, lengthen the warm-up, or train with precision bf16 or fp32.",
        ) from None
    return means, length


def _assert_finite(losses: dict[str, float]) -> None:
    broken = [f"the loss {name} is {value}" for name, value in losses.items() if not math.isfinite(value)]
    if broken:
        raise FloatingPointError(", ".join(broken))


@contextmanager
def _deterministic() -> Iterator[None]:
    """Let torch choose algorithms whose results do not change from run to run.

    It would also fill all new memory, in case someone reads what was never written; this costs time and is not needed.
    """
    memory: Any = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    memory.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        memory.fill_uninitialized_memory = before[1]
