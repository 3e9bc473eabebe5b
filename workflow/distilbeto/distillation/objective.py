"""What a student is trained for: L = alpha_ce KL T^2 + alpha_mlm MLM + alpha_cos (1 - cosine)."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from distilbeto.distillation.batches import Batch, MicroBatch
from distilbeto.distillation.losses import cosine_loss, distillation_loss, masked_lm_loss
from distilbeto.distillation.masking import IGNORED
from distilbeto.distillation.settings import Losses
from distilbeto.models.families import family_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Objective(NamedTuple):
    """The factor of each loss (a loss of factor 0 is not computed), and where the distillation loss is taken."""

    factors: dict[str, float]
    temperature: float
    every_token: bool

    @property
    def needs_teacher(self) -> bool:
        return bool(self.factors.keys() & {"distillation", "cosine"})


class Tokens(NamedTuple):
    """A micro-batch on the device of the models. input_ids: [sequences, longest].

    attention_mask [sequences, 1, 1, longest]: true where a token is, as scaled dot-product attention takes it (in a
    mask of two dimensions transformers would search for padding, which stops a GPU's queue). real [tokens]: places
    in the flattened micro-batch that are no padding; projected [p]: places in `real` whose logits a loss needs;
    targets [t]: places in `projected` that are targets; labels [t].
    """

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    real: torch.Tensor
    projected: torch.Tensor
    targets: torch.Tensor
    labels: torch.Tensor


class Output(NamedTuple):
    """What a model says of a micro-batch: hidden states [tokens, hidden_size], logits [p, vocab_size]."""

    hidden: torch.Tensor
    logits: torch.Tensor


def objective_of(losses: Losses, *, has_teacher: bool) -> Objective:
    """Without a teacher the masked language model's loss alone is left, with factor 1."""
    if not has_teacher:
        return Objective({"masked_lm": 1.0}, 1.0, False)
    factors = {"distillation": losses.alpha_ce, "masked_lm": losses.alpha_mlm, "cosine": losses.alpha_cos}
    used = {name: factor for name, factor in factors.items() if factor > 0}
    return Objective(used, losses.temperature, losses.loss_tokens == "all" and losses.alpha_ce > 0)


def divisors(objective: Objective, batch: Batch) -> dict[str, int]:
    """How many terms each loss sums over a whole step, at least 1."""
    kl_terms = batch.tokens if objective.every_token else batch.targets
    terms = {"distillation": kl_terms, "masked_lm": batch.targets, "cosine": batch.tokens}
    return {name: max(1, terms[name]) for name in objective.factors}


def tokens_of(objective: Objective, micro_batch: MicroBatch, device: torch.device) -> Tokens:
    """Bring a micro-batch to `device`. Places are found here, in numpy: on a GPU each search would stop the queue."""
    input_ids, attention_mask, labels = micro_batch
    real = np.flatnonzero(attention_mask)
    is_target = labels.ravel()[real] != IGNORED
    projected = np.arange(real.size) if objective.every_token else np.flatnonzero(is_target)
    targets = np.flatnonzero(is_target[projected])
    found = labels.ravel()[real][is_target]
    mask = attention_mask.astype(bool)[:, None, None, :]
    return Tokens(*(_moved(array, device) for array in (input_ids, mask, real, projected, targets, found)))


def _moved(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """Copied to `device` without waiting for what it has yet to compute."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def output_of(model: "PreTrainedModel", tokens: Tokens) -> Output:
    """Encoder and head apart: the vocabulary projection costs most, and is computed only where a loss needs it."""
    encoded = model.base_model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask)
    hidden = encoded.last_hidden_state.flatten(0, 1)[tokens.real]  # [tokens, hidden_size]
    mlm_logits = family_of(model.config.model_type).mlm_logits
    return Output(hidden, mlm_logits(model, hidden[tokens.projected]))


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


def weighted(objective: Objective, terms: dict[str, int], sums: dict[str, torch.Tensor]) -> torch.Tensor:
    """A micro-batch's share of the step's loss; these shares add up to it."""
    return torch.stack([objective.factors[name] * value / terms[name] for name, value in sums.items()]).sum()
