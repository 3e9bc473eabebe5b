"""How well a student, or its teacher, predicts the sequences that were held out of training."""

from typing import TYPE_CHECKING

import torch

from distilbeto.distillation.batches import Batch
from distilbeto.distillation.objective import Objective, divisors, loss_sums, output_of, tokens_of
from distilbeto.distillation.ranks import ALONE, Ranks, sum_over

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MASKED_LM = Objective({"masked_lm": 1.0}, 1.0, every_token=False)


@torch.inference_mode()
def evaluate(
    objective: Objective,
    model: "PreTrainedModel",
    teacher: "PreTrainedModel | None",
    batch: Batch,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """The mean of each loss, without dropout and in single precision, and the share of the targets predicted right.

    Each rank evaluates its micro-batches of `batch`, whose targets are those of all ranks.
    """
    terms = divisors(objective, batch)
    totals = torch.zeros(len(terms) + 1, dtype=torch.float64, device=model.device)
    model.eval()
    for micro_batch in batch.micro_batches:
        tokens = tokens_of(objective, micro_batch, model.device)
        output = output_of(model, tokens)
        taught = output_of(teacher, tokens) if teacher is not None and objective.needs_teacher else None
        sums = loss_sums(objective, tokens, output, taught)
        right = (output.logits[tokens.targets].argmax(-1) == tokens.labels).sum()
        totals += torch.stack([*(sums[name].double() for name in terms), right.double()])
    *losses, right = sum_over(ranks, totals.cpu()).tolist()
    means = {name: total / terms[name] for name, total in zip(terms, losses, strict=True)}
    loss = sum(objective.factors[name] * value for name, value in means.items())
    return {"loss": loss, **means, "accuracy": right / max(1, batch.targets), "targets": batch.targets}
