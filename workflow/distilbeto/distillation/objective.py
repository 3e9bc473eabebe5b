"""The loss of a step: L = alpha_ce KL T^2 + alpha_mlm MLM + alpha_cos (1 - cosine) (thesis, Section 2.2.5).

A step is cut into micro-batches. Each loss is therefore a sum over tokens, divided by the number of its terms in the
whole step: neither losses nor gradients depend on the cut. Losses are computed in single precision.

Logits cost most memory: a row of them has as many numbers as the vocabulary has words. They are therefore computed only
where a loss needs them, and of a large vocabulary piece by piece.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from distilbeto.distillation.batches import Batch, MicroBatch
from distilbeto.distillation.masking import IGNORED
from distilbeto.distillation.settings import Losses, Speed
from distilbeto.models.families import family_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Objective(NamedTuple):
    """The factor of each loss (a loss of factor 0 is not computed), and whether KL is taken on every token.

    max_logits: how many are held at a time.
    """

    factors: dict[str, float]
    temperature: float
    every_token: bool
    max_logits: int = Speed().max_logits  # of each model: 2 GiB in single precision

    @property
    def needs_teacher(self) -> bool:
        return bool(self.factors.keys() & {"distillation", "cosine"})


class Piece(NamedTuple):
    """Tokens of a micro-batch whose logits are computed together."""

    projected: torch.Tensor  # [projected], their positions in `Tokens.real`
    targets: torch.Tensor  # [targets], positions in `projected` that are targets
    labels: torch.Tensor  # [targets]


class Tokens(NamedTuple):
    """A micro-batch on the device of the models.

    The mask has four dimensions, as scaled dot-product attention takes it, true where a token is: in a mask of two
    dimensions transformers would search for padding, which makes a GPU wait. None: nothing is padded.
    """

    input_ids: torch.Tensor  # [sequences, longest]
    attention_mask: torch.Tensor | None  # [sequences, 1, 1, longest]
    real: torch.Tensor  # [tokens], positions in the flattened micro-batch that are no padding
    pieces: tuple[Piece, ...]  # the tokens whose logits a loss needs, at least one piece


class Output(NamedTuple):
    """What a model computes for a micro-batch."""

    hidden: torch.Tensor  # [tokens, hidden_size], of the last layer
    head: Callable[[torch.Tensor], torch.Tensor]  # hidden states [projected, hidden_size] to [projected, vocab_size]


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


def to_device(
    objective: Objective, micro_batch: MicroBatch, model: "PreTrainedModel", *, skip_full_mask: bool = False
) -> Tokens:
    """Copy a micro-batch to the device of `model`, in pieces that its vocabulary allows.

    `skip_full_mask`: without a mask where nothing is padded.

    Positions are found here, in numpy: on a GPU each search would make it wait.
    """
    input_ids, attention_mask, labels = micro_batch  # each [sequences, longest]
    real = np.flatnonzero(attention_mask)  # [tokens]
    labels = labels.ravel()[real]  # [tokens]
    projected = np.arange(real.size) if objective.every_token else np.flatnonzero(labels != IGNORED)  # [projected]
    mask = attention_mask.astype(bool)[:, None, None, :]  # [sequences, 1, 1, longest]
    rows = max(1, objective.max_logits // model.config.vocab_size)
    cuts = [projected[start : start + rows] for start in range(0, max(1, projected.size), rows)]
    device = model.device
    pieces = tuple(_piece(labels, cut, device) for cut in cuts)
    needed = None if skip_full_mask and mask.all() else _copied(mask, device)
    return Tokens(_copied(input_ids, device), needed, _copied(real, device), pieces)


def _piece(labels: NDArray[np.int64], projected: NDArray[np.int64], device: torch.device) -> Piece:
    """`labels` are those of all tokens."""
    targets = np.flatnonzero(labels[projected] != IGNORED)
    return Piece(*(_copied(array, device) for array in (projected, targets, labels[projected[targets]])))


def _copied(array: NDArray[Any], device: torch.device) -> torch.Tensor:
    """Copied to `device` without waiting for what it has yet to compute."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def forward(model: "PreTrainedModel", tokens: Tokens) -> Output:
    """Hidden states of all tokens, and the head that makes logits of them."""
    family = family_of(model.config.model_type)
    given = tokens.attention_mask
    mask = None if given is None else family.attention_mask(model.config, given)
    encoded = model.base_model(input_ids=tokens.input_ids, attention_mask=mask)
    hidden = encoded.last_hidden_state  # [sequences, longest, hidden_size]
    return Output(hidden.flatten(0, 1)[tokens.real], partial(family.mlm_logits, model))


def loss_sums(objective: Objective, tokens: Tokens, student: Output, teacher: Output | None) -> dict[str, torch.Tensor]:
    """The sum of each loss over a micro-batch: scalars by name.

    Of several pieces, each computes its logits once more for its gradients, so that one at a time is in memory.
    """
    whole = len(tokens.pieces) == 1
    compute = (
        _sums_of_piece if whole else partial(checkpoint, _sums_of_piece, use_reentrant=False, preserve_rng_state=False)
    )
    parts = [compute(objective, piece, student, teacher) for piece in tokens.pieces]
    sums = {name: torch.stack([part[name] for part in parts]).sum() for name in parts[0]}
    if teacher is not None and "cosine" in objective.factors:
        sums["cosine"] = cosine_loss(student.hidden, teacher.hidden)
    return sums


def _sums_of_piece(
    objective: Objective, piece: Piece, student: Output, teacher: Output | None
) -> dict[str, torch.Tensor]:
    """The losses that need logits."""
    sums: dict[str, torch.Tensor] = {}
    if not objective.factors.keys() & {"masked_lm", "distillation"}:
        return sums
    logits = student.head(student.hidden[piece.projected])  # [projected, vocab_size]
    if "masked_lm" in objective.factors:
        sums["masked_lm"] = masked_lm_loss(logits[piece.targets], piece.labels)
    if teacher is not None and "distillation" in objective.factors:
        taught = teacher.head(teacher.hidden[piece.projected])  # [projected, vocab_size]
        sums["distillation"] = distillation_loss(logits, taught, objective.temperature)
    return sums


def right_targets(tokens: Tokens, output: Output) -> torch.Tensor:
    """How many targets a model predicts right, a scalar."""
    found = [
        (output.head(output.hidden[piece.projected[piece.targets]]).argmax(-1) == piece.labels).sum()
        for piece in tokens.pieces
    ]
    return torch.stack(found).sum()


def weighted_loss(objective: Objective, counts: dict[str, int], sums: dict[str, torch.Tensor]) -> torch.Tensor:
    """A micro-batch's part of the step's loss, a scalar. Over all micro-batches the parts add up to the loss."""
    return torch.stack([objective.factors[name] * value / counts[name] for name, value in sums.items()]).sum()
