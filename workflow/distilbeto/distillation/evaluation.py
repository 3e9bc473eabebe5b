"""How well a student, or its teacher, predicts the sequences that were held out of training."""

from typing import TYPE_CHECKING

import torch

from distilbeto.distillation.batches import Batch
from distilbeto.distillation.objective import Objective, divisors, loss_sums, output_of, tokens_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MASKED_LM = Objective({"masked_lm": 1.0}, 1.0, every_token=False)


def evaluate(
    objective: Objective, model: "PreTrainedModel", teacher: "PreTrainedModel | None", batch: Batch
) -> dict[str, float]:
    """The mean of each loss, without dropout and in single precision, and the share of the targets predicted right."""
    terms = divisors(objective, batch)
    totals, right = dict.fromkeys(terms, 0.0), 0
    model.eval()
    with torch.no_grad():
        for micro_batch in batch.micro_batches:
            tokens = tokens_of(objective, micro_batch, model.device)
            output = output_of(model, tokens)
            taught = output_of(teacher, tokens) if teacher is not None and objective.needs_teacher else None
            for name, value in loss_sums(objective, tokens, output, taught).items():
                totals[name] += float(value)
            right += int((output.logits[tokens.targets].argmax(-1) == tokens.labels).sum())
    losses = {name: total / terms[name] for name, total in totals.items()}
    loss = sum(objective.factors[name] * value for name, value in losses.items())
    return {"loss": loss, **losses, "accuracy": right / max(1, batch.targets), "targets": batch.targets}
