"""The loss of a step: L = alpha_ce KL T^2 + alpha_mlm MLM + alpha_cos (1 - cosine) (thesis, Section 2.2.5).

A step is cut into micro-batches. Each loss is therefore a sum over tokens, divided by the number of its terms in the
whole step: neither losses nor gradients depend on the cut. Losses are computed in single precision.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from distilbeto.distillation.batches import Batch, MicroBatch
from distilbeto.distillation.masking import IGNORED
from distilbeto.distillation.settings import Losses
from distilbeto.models.families import family_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Objective(NamedTuple):
    """The factor of each loss (a loss of factor 0 is not computed), and whether KL is taken on every token."""

    factors: dict[str, float]
    temperature: float
    every_token: bool

    @property
    def needs_teacher(self) -> bool:
        return bool(self.factors.keys() & {"distillation", "cosine"})


class Tokens(NamedTuple):
    """A micro-batch on the device of the models.

    The mask has four dimensions, as scaled dot-product attention takes it, true where a token is: in a mask of two
    dimensions transformers would search for padding, which makes a GPU wait.
    """

    input_ids: torch.Tensor  # [sequences, longest]
    attention_mask: torch.Tensor  # [sequences, 1, 1, longest]
    real: torch.Tensor  # [tokens], positions in the flattened micro-batch that are no padding
    projected: torch.Tensor  # [projected], positions in `real` whose logits a loss needs
    targets: torch.Tensor  # [targets], positions in `projected` that are targets
    labels: torch.Tensor  # [targets]


class Output(NamedTuple):
    """What a model computes for a micro-batch."""

    hidden: torch.Tensor  # [tokens, hidden_size], of the last layer
    logits: torch.Tensor  # [projected, vocab_size]


def objective_of(losses: Losses, *, has_teacher: bool) -> Objective:
    """Without a teacher only the masked language model's loss is left, with factor 1."""
    if not has_teacher:
        return Objective({"masked_lm": 1.0}, 1.0, False)
    factors = {"distillation": losses.alpha_ce, "masked_lm": losses.alpha_mlm, "cosine": losses.alpha_cos}
    used = {name: factor for name, factor in factors.items() if factor > 0}
    return Objective(used, losses.temperature, losses.loss_tokens == "all" and losses.alpha_ce > 0)


def distillation_loss(student: torch.Tensor, teacher: torch.Tensor, temperature: float) -> torch.Tensor:
    """Sum over tokens of KL(teacher, student) at a temperature T, times T^2. Logits [tokens, vocab_size].

    T^2 keeps the size of its gradients independent of T (Hinton et al., 2015). It differs from Equation 2.2 of the
    thesis, which lacks a minus sign, by T^2 and by the teacher's entropy, which has no gradient.
    """
    student_log = functional.log_softmax(student.float() / temperature, dim=-1)  # [tokens, vocab_size]
    teacher_log = functional.log_softmax(teacher.float() / temperature, dim=-1)  # [tokens, vocab_size]
    return functional.kl_div(student_log, teacher_log, reduction="sum", log_target=True) * temperature**2


def masked_lm_loss(student: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Sum of the cross entropy of logits [tokens, vocab_size] and labels [tokens]."""
    return functional.cross_entropy(student.float(), labels, reduction="sum")


def cosine_loss(student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
    """Sum of 1 - cosine of hidden states [tokens, hidden_size]."""
    return (1 - functional.cosine_similarity(student.float(), teacher.float(), dim=-1)).sum()


def term_counts(objective: Objective, batch: Batch) -> dict[str, int]:
    """The number of terms that each loss sums over a whole step, at least 1."""
    kl_terms = batch.tokens if objective.every_token else batch.targets
    counts = {"distillation": kl_terms, "masked_lm": batch.targets, "cosine": batch.tokens}
    return {name: max(1, counts[name]) for name in objective.factors}


def to_device(objective: Objective, micro_batch: MicroBatch, device: torch.device) -> Tokens:
    """Copy a micro-batch to `device`. Positions are found here, in numpy: on a GPU each search would make it wait."""
    input_ids, attention_mask, labels = micro_batch  # each [sequences, longest]
    real = np.flatnonzero(attention_mask)  # [tokens]
    is_target = labels.ravel()[real] != IGNORED  # [tokens]
    projected = np.arange(real.size) if objective.every_token else np.flatnonzero(is_target)  # [projected]
    targets = np.flatnonzero(is_target[projected])  # [targets]
    target_labels = labels.ravel()[real][is_target]  # [targets]
    mask = attention_mask.astype(bool)[:, None, None, :]  # [sequences, 1, 1, longest]
    return Tokens(*(_copied(array, device) for array in (input_ids, mask, real, projected, targets, target_labels)))


def _copied(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """Copied to `device` without waiting for what it has yet to compute."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def forward(model: "PreTrainedModel", tokens: Tokens) -> Output:
    """Hidden states of all tokens; logits only where a loss needs them, since they cost most."""
    family = family_of(model.config.model_type)
    mask = family.attention_mask(model.config, tokens.attention_mask)
    encoded = model.base_model(input_ids=tokens.input_ids, attention_mask=mask)
    hidden = encoded.last_hidden_state  # [sequences, longest, hidden_size]
    hidden = hidden.flatten(0, 1)[tokens.real]  # [tokens, hidden_size]
    return Output(hidden, family.mlm_logits(model, hidden[tokens.projected]))


def loss_sums(objective: Objective, tokens: Tokens, student: Output, teacher: Output | None) -> dict[str, torch.Tensor]:
    """The sum of each loss over a micro-batch: scalars by name."""
    sums = {}
    if "masked_lm" in objective.factors:
        sums["masked_lm"] = masked_lm_loss(student.logits[tokens.targets], tokens.labels)
    if teacher is not None and "distillation" in objective.factors:
        sums["distillation"] = distillation_loss(student.logits, teacher.logits, objective.temperature)
    if teacher is not None and "cosine" in objective.factors:
        sums["cosine"] = cosine_loss(student.hidden, teacher.hidden)
    return sums


def weighted_loss(objective: Objective, counts: dict[str, int], sums: dict[str, torch.Tensor]) -> torch.Tensor:
    """A micro-batch's part of the step's loss, a scalar. Over all micro-batches the parts add up to the loss."""
    return torch.stack([objective.factors[name] * value / counts[name] for name, value in sums.items()]).sum()
