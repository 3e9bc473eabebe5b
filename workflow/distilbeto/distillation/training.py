"""A segment of a student's training, from its state at one step to its state at a later one.

The result is the same, bit for bit, however the training is cut into segments on the same machine: what a step reads,
which tokens it masks and what dropout drops are functions of the seed and of the step. Another number of processes
changes only the order in which gradients are summed, and with it their rounding.

The files that a training step passes through:

    training          the loop over steps; a step: losses, gradients, update (settings: the student's block)
    training_data     the batch of a step, read by a thread while the step before it is trained
      order           which sequences a step reads             counter_rng  random numbers without state
      batches         cut into micro-batches, padded           corpus/shards, storage/arrays  read from disk
      masking         targets, and what replaces them
    objective         losses of a micro-batch; forward passes of student and teacher
      models/families the MLM head of each family, apart from its encoder
    optimization      learning rate, clipping, AdamW, precision
    ranks             sums over processes
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from distilbeto.distillation.batches import Batch
from distilbeto.distillation.counter_rng import torch_seed
from distilbeto.distillation.objective import Output, Tokens, forward, loss_sums, term_counts, to_device, weighted_loss
from distilbeto.distillation.optimization import TrainState, clip, learning_rate_at, resume, state_of, update
from distilbeto.distillation.ranks import ALONE, Ranks, failing_together, sum_gradients, sum_over
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import State
from distilbeto.distillation.training_data import TrainingData, prefetch, step_batch, with_all_targets
from distilbeto.errors import UserError
from distilbeto.job.progress import progress
from distilbeto.models.precision import AUTOCAST, resolve_precision, tf32

if TYPE_CHECKING:
    from transformers import PreTrainedModel

DROPOUT = 21


def run_segment(
    student: "PreTrainedModel",
    state: State,
    end_step: int,
    data: TrainingData,
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
        return step_batch(data, step, settings.sequences_per_step, ranks)

    steps = range(state.step, end_step)
    allow_tf32 = settings.speed.allow_tf32 and student.device.type == "cuda"
    shown = progress(steps, total=len(steps), unit="steps") if ranks.rank == 0 else steps
    with _deterministic(), tf32(allow_tf32), closing(prefetch(read, steps)) as batches:
        with failing_together(ranks):
            precision = resolve_precision(settings.precision, student.device.type)
            train_state = resume(student.train(), state, settings.optimizer, precision)
            data = _with_cast_teacher(data, precision)
        metrics = [_run_step(train_state, step, batches, data, settings, ranks=ranks) for step in shown]
    return state_of(train_state, end_step)._replace(inherited=state.inherited), metrics


def _run_step(
    train_state: TrainState,
    step: int,
    batches: Iterator[Batch],
    data: TrainingData,
    settings: TrainingSettings,
    *,
    ranks: Ranks,
) -> dict[str, Any]:
    """Train one step, counted from 0. Its metrics give the number of steps done."""
    began = time.monotonic()
    with failing_together(ranks):
        batch = next(batches)
    batch = with_all_targets(batch, ranks)
    learning_rate = learning_rate_at(step, settings.optimizer, settings.steps)
    losses = accumulate_gradients(train_state, batch, data, (settings.seed, step))
    sum_gradients(ranks, train_state.student.parameters())
    with failing_together(ranks):
        means, norm = _update(train_state, step, losses, learning_rate, settings, ranks=ranks)
    return {
        "step": step + 1,
        "loss": sum(data.objective.factors[name] * value for name, value in means.items()),
        "losses": means,
        "learning_rate": learning_rate,
        "gradient_norm": norm if math.isfinite(norm) else None,
        "tokens": batch.tokens,
        "padding_share": round(batch.padding_share, 4),
        "tokens_per_second": round(batch.tokens / (time.monotonic() - began), 1),
    }


def accumulate_gradients(
    train_state: TrainState, batch: Batch, data: TrainingData, seed: tuple[int, int]
) -> dict[str, torch.Tensor]:
    """Add the gradients of a step's loss to those of the student; returns the mean of each loss, scalars.

    Both are this rank's part: over all ranks they add up to the step's. `seed` (of the training, and the step) and the
    number of a micro-batch decide what its dropout drops. Nothing here waits for the device.
    """
    counts, device = term_counts(data.objective, batch), train_state.student.device
    totals = {name: torch.zeros((), dtype=torch.float64, device=device) for name in counts}
    for number, micro_batch in zip(batch.numbers, batch.micro_batches, strict=True):
        torch.manual_seed(torch_seed(DROPOUT, *seed, number))
        tokens = to_device(data.objective, micro_batch, train_state.student, skip_full_mask=data.speed.skip_full_mask)
        with train_state.autocast_context():
            teacher_output = teacher_forward(data, tokens)
            sums = loss_sums(data.objective, tokens, forward(train_state.student, tokens), teacher_output)
        torch.autograd.backward(train_state.scaler.scale(weighted_loss(data.objective, counts, sums)))
        for name, value in sums.items():
            totals[name] += value.detach()
    return {name: total / counts[name] for name, total in totals.items()}


def teacher_forward(data: TrainingData, tokens: Tokens) -> Output | None:
    """The teacher's output, if there is a teacher and a loss needs it. Its weights take no gradients.

    One that was converted computes in the precision of its weights.
    """
    if data.teacher is None or not data.objective.needs_teacher:
        return None
    converted = data.teacher.dtype != torch.float32
    with torch.autocast(data.teacher.device.type, enabled=False) if converted else nullcontext():
        found = forward(data.teacher, tokens)
        return found._replace(head=partial(_without_autocast, found.head)) if converted else found


def _without_autocast(head: Callable[[torch.Tensor], torch.Tensor], hidden: torch.Tensor) -> torch.Tensor:
    with torch.autocast(hidden.device.type, enabled=False):
        return head(hidden)


def _with_cast_teacher(data: TrainingData, precision: str) -> TrainingData:
    """A copy of the teacher in half precision, where that is set: evaluations take the one that is there."""
    if data.teacher is None or not data.speed.cast_teacher or precision not in AUTOCAST:
        return data
    return data._replace(teacher=deepcopy(data.teacher).to(AUTOCAST[precision]))


def _update(
    train_state: TrainState,
    step: int,
    losses: dict[str, torch.Tensor],
    learning_rate: float,
    settings: TrainingSettings,
    *,
    ranks: Ranks,
) -> tuple[dict[str, float], float]:
    """Update the weights; returns the losses over all ranks and the norm of the gradient before clipping.

    Raises:
        UserError: a loss or the gradient is not finite.
    """
    totals = sum_over(ranks, torch.stack(list(losses.values())))
    grad_norm = clip(train_state, settings.optimizer.max_grad_norm)
    # The only place where a step waits for the device.
    *values, norm = torch.cat([totals, grad_norm.double()[None]]).tolist()
    means = dict(zip(losses, values, strict=True))
    try:
        _assert_finite(means)
        update(train_state, learning_rate, norm)
    except FloatingPointError as error:
        raise UserError(
            f"step {step + 1}: {error}; nothing was written, the previous state is whole",
            remedy="Lower the learning rate, lengthen the warm-up, or train with precision bf16 or fp32.",
        ) from None
    return means, norm


def _assert_finite(losses: dict[str, float]) -> None:
    broken = [f"the loss {name} is {value}" for name, value in losses.items() if not math.isfinite(value)]
    if broken:
        raise FloatingPointError(", ".join(broken))


@contextmanager
def _deterministic() -> Iterator[None]:
    """Let torch choose algorithms whose results do not change from run to run.

    torch would then also fill new memory, in case something reads it before it is written: slow, and not needed here.
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
