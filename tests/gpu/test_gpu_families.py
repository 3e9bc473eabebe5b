"""Every family of encoders, as teacher and as student: losses and gradients on a GPU in each precision."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from tests.distillation.conftest import make_architecture, tokenizer, tokenizer_folder

from distilbeto.distillation.batches import MicroBatch
from distilbeto.distillation.masking import IGNORED
from distilbeto.distillation.objective import Objective, forward, loss_sums, to_device
from distilbeto.models.build import random_model
from distilbeto.models.families import FAMILIES
from distilbeto.models.precision import autocast
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

TOLERANCES = {"fp32": 1e-3, "bf16": 0.05, "fp16": 0.02}  # of the losses; half of the gradient's norm


def micro_batch(pad: int) -> MicroBatch:
    """Four sequences, of which two are padded; every fourth token is a target."""
    draws, lengths = np.random.default_rng(1), np.array([12, 12, 9, 5])
    real = np.arange(12) < lengths[:, None]
    ids = np.where(real, draws.integers(6, 60, real.shape), pad)
    return MicroBatch(ids, real.astype(np.int64), np.where(real & (np.arange(12) % 4 == 1), ids, IGNORED))


@pytest.mark.parametrize("precision", list(TOLERANCES))
@pytest.mark.parametrize("family", list(FAMILIES))
def test_losses_and_gradients_are_those_of_single_precision_on_a_cpu(
    family: str,
    precision: str,
    device: torch.device,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    if precision == "fp16" and device.type != "cuda":
        pytest.skip("fp16 needs a GPU")
    with_logits = not FAMILIES[family].why_no_logits
    factors = {"distillation": 5.0, "masked_lm": 2.0, "cosine": 1.0} if with_logits else {"cosine": 1.0}
    objective, results = Objective(factors, 2.0, every_token=False), []
    for place, number_type in ((torch.device("cpu"), "fp32"), (device, precision)):
        teacher = random_model(make_architecture(family), tokenizer, 1).eval().requires_grad_(False).to(place)
        student = random_model(make_architecture(family, dropout=0.0), tokenizer, 2).train().to(place)
        tokens = to_device(objective, micro_batch(tokenizer.pad), student)
        with autocast(place.type, number_type):
            sums = loss_sums(objective, tokens, forward(student, tokens), forward(teacher, tokens))
        torch.stack(list(sums.values())).sum().backward()
        gradients = [weight.grad.flatten().cpu() for weight in student.parameters() if weight.grad is not None]
        results.append(({name: float(value.detach()) for name, value in sums.items()}, torch.cat(gradients)))
    (expected, gradient), (found, other) = results
    assert found == pytest.approx(expected, rel=TOLERANCES[precision])
    assert float((other - gradient).norm() / gradient.norm()) < 2 * TOLERANCES[precision]
