"""How well a student, or its teacher, predicts the masked tokens of sequences that were held out of training."""

from typing import TYPE_CHECKING, Any

import torch

from distilbeto.distillation.batches import Batch
from distilbeto.distillation.objective import Objective, forward, loss_sums, right_targets, term_counts, to_device
from distilbeto.distillation.ranks import ALONE, Ranks, failing_together, sum_over
from distilbeto.distillation.training_data import TrainingData, validation_batch, with_all_targets

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MASKED_LM = Objective({"masked_lm": 1.0}, 1.0, every_token=False)


def validate(
    student: "PreTrainedModel", data: TrainingData, ranks: Ranks = ALONE, *, with_teacher: bool
) -> dict[str, Any]:
    """The student's losses and accuracy on the held-out sequences, and the teacher's if asked for; nothing without any.

    A teacher of hidden states alone is not asked: it may have no head for masks.
    An evaluation is too short to compile for: compiled encoders run as they were written.
    """
    if data.split.validation == 0:
        return {}
    with failing_together(ranks):
        batch = validation_batch(data, ranks)
    batch = with_all_targets(batch, ranks)
    with torch.compiler.set_stance("force_eager"):
        found = {"validation": evaluate(data.objective, student, data.teacher, batch, ranks)}
        if with_teacher and data.teacher is not None and "distillation" in data.objective.factors:
            found["teacher_validation"] = evaluate(MASKED_LM, data.teacher, None, batch, ranks)
    return found


@torch.inference_mode()
def evaluate(
    objective: Objective,
    model: "PreTrainedModel",
    teacher: "PreTrainedModel | None",
    batch: Batch,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """The mean of each loss, without dropout and in single precision, and the share of targets predicted right.

    Each rank evaluates its own micro-batches of `batch`; `batch.targets` counts those of all ranks.
    """
    counts = term_counts(objective, batch)
    totals = torch.zeros(len(counts) + 1, dtype=torch.float64, device=model.device)  # [losses + 1]
    model.eval()
    for micro_batch in batch.micro_batches:
        tokens = to_device(objective, micro_batch, model)
        output = forward(model, tokens)
        teacher_output = forward(teacher, tokens) if teacher is not None and objective.needs_teacher else None
        sums = loss_sums(objective, tokens, output, teacher_output)
        right = right_targets(tokens, output)
        totals += torch.stack([*(sums[name].double() for name in counts), right.double()])
    *losses, right = sum_over(ranks, totals.cpu()).tolist()
    means = {name: total / counts[name] for name, total in zip(counts, losses, strict=True)}
    loss = sum(objective.factors[name] * value for name, value in means.items())
    return {"loss": loss, **means, "accuracy": right / max(1, batch.targets), "targets": batch.targets}
