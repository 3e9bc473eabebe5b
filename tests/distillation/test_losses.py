"""Losses against values computed by hand, and against the whole models."""

from collections.abc import Callable
from math import log

import numpy as np
import pytest
import torch

from distilbeto.distillation.batches import MicroBatch
from distilbeto.distillation.losses import cosine_loss, distillation_loss, masked_lm_loss
from distilbeto.distillation.objective import loss_sums, objective_of, output_of, tokens_of
from distilbeto.distillation.settings import Losses
from distilbeto.models.build import random_model
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer


def test_distillation_loss_at_a_temperature() -> None:
    student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[2 * log(3), 0.0]])
    divergence = 3 / 4 * log(3 / 4 / (1 / 2)) + 1 / 4 * log(1 / 4 / (1 / 2))
    assert distillation_loss(student, teacher, 2.0).item() == pytest.approx(4 * divergence)
    twice = distillation_loss(student.repeat(2, 1), teacher.repeat(2, 1), 2.0)
    assert twice.item() == pytest.approx(8 * divergence)
    assert distillation_loss(teacher, teacher, 2.0).item() == pytest.approx(0, abs=1e-7)


def test_masked_lm_loss_is_the_sum_of_cross_entropies() -> None:
    logits = torch.tensor([[log(3), 0.0], [0.0, 0.0]])
    assert masked_lm_loss(logits, torch.tensor([0, 1])).item() == pytest.approx(log(4 / 3) + log(2))


def test_cosine_loss_is_the_sum_of_one_minus_cosine() -> None:
    student = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    teacher = torch.tensor([[5.0, 0.0], [1.0, 0.0], [-1.0, 0.0]])
    assert cosine_loss(student, teacher).item() == pytest.approx(0 + 1 + 2)


@pytest.mark.parametrize(("loss_tokens", "projected"), [("masked", 3), ("all", 7)])
def test_each_loss_sums_over_the_tokens_that_it_is_meant_for(
    loss_tokens: str, projected: int, tokenizer: LoadedTokenizer, make_architecture: Callable[..., Architecture]
) -> None:
    student = random_model(make_architecture("distilbert"), tokenizer, 1).eval()
    teacher = random_model(make_architecture("bert"), tokenizer, 2).eval()
    real = np.array([[1, 1, 1, 1], [1, 1, 1, 0]])
    labels = np.array([[-100, 8, -100, 9], [-100, 10, -100, -100]])
    batch = MicroBatch(np.where(real, 12, tokenizer.pad), real, labels)
    objective = objective_of(Losses(loss_tokens=loss_tokens), has_teacher=True)
    tokens = tokens_of(objective, batch, torch.device("cpu"))
    with torch.no_grad():
        sums = loss_sums(objective, tokens, output_of(student, tokens), output_of(teacher, tokens))
        whole = [
            model(torch.from_numpy(batch.input_ids), torch.from_numpy(real)).logits for model in (student, teacher)
        ]
    where = torch.from_numpy(real if loss_tokens == "all" else labels >= 0).bool()
    assert tokens.projected.numel() == projected
    assert sums["distillation"].item() == pytest.approx(
        distillation_loss(whole[0][where], whole[1][where], 2.0).item(), rel=1e-4
    )
    chosen = torch.from_numpy(labels >= 0)
    expected = masked_lm_loss(whole[0][chosen], torch.from_numpy(labels)[chosen])
    assert sums["masked_lm"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert 0 < sums["cosine"].item() < 14


def test_losses_of_weight_zero_and_of_no_teacher_are_not_computed() -> None:
    assert objective_of(Losses(alpha_cos=0), has_teacher=True).factors == {"distillation": 5.0, "masked_lm": 2.0}
    assert objective_of(Losses(loss_tokens="all"), has_teacher=False) == ({"masked_lm": 1.0}, 1.0, False)
    assert not objective_of(Losses(alpha_ce=0, alpha_cos=0), has_teacher=True).needs_teacher
