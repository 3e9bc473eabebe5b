"""AdamW, its learning rate and the precision of a step; how to save and resume them."""

import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from distilbeto.distillation.settings import Optimizer
from distilbeto.distillation.state import State
from distilbeto.errors import UserError
from distilbeto.models.precision import autocast

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class TrainState(NamedTuple):
    """A student in training, with its optimizer. precision: that of its forward passes, fp32, bf16 or fp16."""

    student: "PreTrainedModel"
    optimizer: torch.optim.AdamW
    scaler: torch.amp.GradScaler
    precision: str

    def autocast_context(self) -> AbstractContextManager[Any]:
        return autocast(self.student.device.type, self.precision)


def learning_rate_at(step: int, settings: Optimizer, steps: int) -> float:
    """The rate of step `step` (from 0) of `steps`: linear up to its peak, then linear down.

    It is never 0, neither at the first step nor at the last, where the step would change nothing.
    """
    warmup = math.ceil(settings.warmup_ratio * steps)
    share = (step + 1) / warmup if step < warmup else (steps - step) / (steps - warmup)
    return settings.learning_rate * share


def resume(student: "PreTrainedModel", state: State, settings: Optimizer, precision: str) -> TrainState:
    """Load `state` into `student`, which is on its device, and into an optimizer for it. `precision` is no auto.

    Raises:
        UserError: the state has other weights than the student.
    """
    load_weights(student, state)
    parameters = dict(student.named_parameters())
    optimizer = _adamw(parameters, settings)
    for name, moment in state.exp_avg.items():
        parameter = parameters[name]
        optimizer.state[parameter] = {
            "step": torch.tensor(float(state.updates), device=parameter.device),
            "exp_avg": moment.to(parameter.device, copy=True),
            "exp_avg_sq": state.exp_avg_sq[name].to(parameter.device, copy=True),
        }
    scaler = torch.amp.GradScaler(student.device.type, enabled=precision == "fp16")
    if state.scaler:
        scaler.load_state_dict(dict(state.scaler))
    return TrainState(student, optimizer, scaler, precision)


def load_weights(student: "PreTrainedModel", state: State) -> None:
    """Copy the weights of `state` into `student`.

    Raises:
        UserError: names or shapes differ, as after an upgrade of transformers.
    """
    parameters = dict(student.named_parameters())
    expected = {name: list(parameter.shape) for name, parameter in parameters.items()}
    found = {name: list(tensor.shape) for name, tensor in state.model.items()}
    differing = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if differing:
        raise UserError(
            f"the state at step {state.step} has other weights than the student:\n    "
            + "\n    ".join(f"{name}: {found.get(name)}, expected {expected.get(name)}" for name in differing)
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(state.model[name])


def state_of(train_state: TrainState, step: int) -> State:
    """The state at `step`, from which `resume` continues."""
    parameters = dict(train_state.student.named_parameters())
    moments: Mapping[Any, Any] = train_state.optimizer.state
    trained = {name: moments[parameter] for name, parameter in parameters.items() if parameter in moments}
    return State(
        step,
        parameters,
        {name: entry["exp_avg"] for name, entry in trained.items()},
        {name: entry["exp_avg_sq"] for name, entry in trained.items()},
        updates=max((int(entry["step"]) for entry in trained.values()), default=0),
        scaler=train_state.scaler.state_dict(),
    )


def clip(train_state: TrainState, max_norm: float) -> torch.Tensor:
    """Clip the gradients; returns their norm before that, a scalar on the student's device."""
    train_state.scaler.unscale_(train_state.optimizer)
    return torch.nn.utils.clip_grad_norm_(train_state.student.parameters(), max_norm)


def update(train_state: TrainState, learning_rate: float, norm: float) -> None:
    """Update the weights and clear the gradients. Gradients that overflow fp16 skip the update and lower the scale.

    Raises:
        FloatingPointError: the gradient's norm is not finite, and fp16 is not the reason.
    """
    if not math.isfinite(norm) and (not train_state.scaler.is_enabled() or train_state.scaler.get_scale() <= 1):
        raise FloatingPointError(f"the gradient's norm is {norm}")
    for group in train_state.optimizer.param_groups:
        group["lr"] = learning_rate
    train_state.scaler.step(train_state.optimizer)
    train_state.scaler.update()
    train_state.optimizer.zero_grad()


def _adamw(parameters: Mapping[str, torch.nn.Parameter], settings: Optimizer) -> torch.optim.AdamW:
    """Biases and LayerNorms, which have one dimension, do not decay."""
    groups = [
        {"params": [value for value in parameters.values() if value.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [value for value in parameters.values() if value.ndim <= 1], "weight_decay": 0.0},
    ]
    betas = (settings.adam_beta1, settings.adam_beta2)
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=betas, eps=settings.adam_epsilon, fused=True)
