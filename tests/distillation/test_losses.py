"""Losses against values computed by hand, and against the whole models."""

from collections.abc import Callable
from math import log

import numpy as np
import pytest
import torch

from distilbeto.distillation.batches import Batch, MicroBatch
from distilbeto.distillation.objective import (
    Output,
    cosine_loss,
    distillation_loss,
    forward,
    loss_sums,
    masked_lm_loss,
    objective_of,
    right_targets,
    term_counts,
    to_device,
)
from distilbeto.distillation.settings import Losses
from distilbeto.models.build import random_model
from distilbeto.models.families import FAMILIES
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer


def test_distillation_loss_at_a_temperature() -> None:
    student, teacher = torch.tensor([[0.0, 0.0]]), torch.tensor([[2 * log(3), 0.0]])
    divergence = 3 / 4 * log(3 / 4 / (1 / 2)) + 1 / 4 * log(1 / 4 / (1 / 2))
    assert distillation_loss(student, teacher, 2.0).item() == pytest.approx(4 * divergence)
    twice = distillation_loss(student.repeat(2, 1), teacher.repeat(2, 1), 2.0)
    assert twice.item() == pytest.approx(8 * divergence)
    assert distillation_loss(teacher, teacher, 2.0).item() == pytest.approx(0, abs=1e-7)
    # T^2 and 2 T differ at 3, where the teacher's logits are to give the same distribution.
    assert distillation_loss(student, teacher * 3 / 2, 3.0).item() == pytest.approx(9 * divergence)


def test_masked_lm_loss_is_the_sum_of_cross_entropies() -> None:
    logits = torch.tensor([[log(3), 0.0], [0.0, 0.0]])
    assert masked_lm_loss(logits, torch.tensor([0, 1])).item() == pytest.approx(log(4 / 3) + log(2))


def test_cosine_loss_is_the_sum_of_one_minus_cosine() -> None:
    student = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [1.0, 0.0]])
    teacher = torch.tensor([[5.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [2.0, 0.0]])
    assert cosine_loss(student, teacher).item() == pytest.approx(0 + 1 + 2 + 0)


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
    tokens = to_device(objective, batch, student)
    with torch.no_grad():
        sums = loss_sums(objective, tokens, forward(student, tokens), forward(teacher, tokens))
        whole = [
            model(torch.from_numpy(batch.input_ids), torch.from_numpy(real)).logits for model in (student, teacher)
        ]
    where = torch.from_numpy(real if loss_tokens == "all" else labels >= 0).bool()
    assert [piece.projected.numel() for piece in tokens.pieces] == [projected]
    assert sums["distillation"].item() == pytest.approx(
        distillation_loss(whole[0][where], whole[1][where], 2.0).item(), rel=1e-4
    )
    chosen = torch.from_numpy(labels >= 0)
    expected = masked_lm_loss(whole[0][chosen], torch.from_numpy(labels)[chosen])
    assert sums["masked_lm"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert 0 < sums["cosine"].item() < 14


def test_losses_of_weight_zero_and_of_no_teacher_are_not_computed() -> None:
    assert objective_of(Losses(alpha_cos=0), has_teacher=True).factors == {"distillation": 5.0, "masked_lm": 2.0}
    assert objective_of(Losses(loss_tokens="all"), has_teacher=False)[:3] == ({"masked_lm": 1.0}, 1.0, False)
    assert not objective_of(Losses(alpha_ce=0, alpha_cos=0), has_teacher=True).needs_teacher


def test_either_loss_of_the_teacher_needs_it() -> None:
    assert objective_of(Losses(alpha_ce=0), has_teacher=True).needs_teacher
    assert objective_of(Losses(alpha_cos=0), has_teacher=True).needs_teacher


@pytest.mark.parametrize(("alpha_ce", "every_token"), [(0.0, False), (0.5, True), (5.0, True)])
def test_all_tokens_are_projected_only_for_a_distillation_loss(alpha_ce: float, every_token: bool) -> None:
    losses = Losses(alpha_ce=alpha_ce, loss_tokens="all")
    assert objective_of(losses, has_teacher=True).every_token is every_token


@pytest.mark.parametrize(("loss_tokens", "kl_terms"), [("masked", 15), ("all", 100)])
def test_each_loss_is_a_mean_over_its_own_tokens(loss_tokens: str, kl_terms: int) -> None:
    objective = objective_of(Losses(loss_tokens=loss_tokens), has_teacher=True)
    counts = term_counts(objective, Batch([], range(0), tokens=100, padded_tokens=120, targets=15))
    assert counts == {"distillation": kl_terms, "masked_lm": 15, "cosine": 100}


@pytest.mark.parametrize(("targets", "count"), [(0, 1), (1, 1), (2, 2)])
def test_a_step_without_targets_divides_by_one(targets: int, count: int) -> None:
    objective = objective_of(Losses(), has_teacher=False)
    assert term_counts(objective, Batch([], range(0), 9, 9, targets)) == {"masked_lm": count}


@pytest.mark.parametrize(
    ("losses", "names"),
    [
        (Losses(alpha_ce=0), {"masked_lm", "cosine"}),
        (Losses(alpha_cos=0), {"masked_lm", "distillation"}),
        (Losses(alpha_mlm=0), {"distillation", "cosine"}),
    ],
)
def test_only_losses_with_a_factor_are_computed(
    losses: Losses, names: set[str], tokenizer: LoadedTokenizer, make_architecture: Callable[..., Architecture]
) -> None:
    objective = objective_of(losses, has_teacher=True)
    batch = MicroBatch(np.array([[7, 8]]), np.array([[1, 1]]), np.array([[-100, 8]]))
    tokens = to_device(objective, batch, random_model(make_architecture("bert"), tokenizer, 1))
    output = Output(torch.ones(2, 3), lambda hidden: torch.ones(len(hidden), 9))
    assert loss_sums(objective, tokens, output, output).keys() == names


def test_without_a_loss_on_words_no_logits_are_computed(
    tokenizer: LoadedTokenizer, make_architecture: Callable[..., Architecture]
) -> None:
    """A teacher of hidden states may have no head for masks."""
    batch = MicroBatch(np.array([[7, 8]]), np.array([[1, 1]]), np.array([[-100, 8]]))
    no_head = Output(torch.ones(2, 3), lambda _: pytest.fail("the head was run"))
    for losses, student in (
        (Losses(alpha_ce=0, alpha_mlm=0), no_head),
        (Losses(alpha_ce=0), no_head._replace(head=lambda hidden: torch.ones(len(hidden), 9))),
    ):
        objective = objective_of(losses, has_teacher=True)
        tokens = to_device(objective, batch, random_model(make_architecture("bert"), tokenizer, 1))
        assert loss_sums(objective, tokens, student, no_head)["cosine"].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("loss_tokens", ["masked", "all"])
def test_a_large_vocabulary_is_projected_in_pieces_with_the_same_losses_and_gradients(
    loss_tokens: str,
    tokenizer: LoadedTokenizer,
    make_architecture: Callable[..., Architecture],
) -> None:
    real = np.array([[1] * 9, [1] * 5 + [0] * 4, [1] * 7 + [0] * 2])
    labels = np.where(np.arange(27).reshape(3, 9) % 3 == 1, 9, -100) * real + -100 * (1 - real)
    batch = MicroBatch(np.where(real, 12, tokenizer.pad), real, labels)
    objective = objective_of(Losses(loss_tokens=loss_tokens), has_teacher=True)
    teacher = random_model(make_architecture("bert"), tokenizer, 2).eval().requires_grad_(False)
    found = []
    for rows in (2, 3, 21):
        objective = objective._replace(max_logits=rows * tokenizer.vocab_size)
        student, sizes = random_model(make_architecture("distilbert"), tokenizer, 1).eval(), []
        student.vocab_projector.register_forward_hook(lambda *call, sizes=sizes: sizes.append(len(call[2])))
        tokens = to_device(objective, batch, student)
        sums = loss_sums(objective, tokens, forward(student, tokens), forward(teacher, tokens))
        torch.stack(list(sums.values())).sum().backward()
        assert max(sizes) <= rows
        right = right_targets(tokens, forward(student, tokens))
        gradients = torch.cat([weights.grad.flatten() for weights in student.parameters() if weights.grad is not None])
        found.append((torch.stack([*sums.values(), right]), gradients))
    for sums, gradients in found[:2]:
        torch.testing.assert_close(sums, found[2][0], rtol=1e-6, atol=1e-5)
        torch.testing.assert_close(gradients, found[2][1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_family_computes_in_training_what_it_does_elsewhere(family: str, tokenizer: LoadedTokenizer) -> None:
    """Over padding that is longer than the windows of a ModernBERT; gradients are numbers."""
    shape = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    embedding = {"embedding_size": 8} if "embedding_size" in FAMILIES[family].extra_fields else {}
    architecture = Architecture(model_type=family, max_position_embeddings=224, **shape, **embedding)
    model = random_model(architecture, tokenizer, 1).eval()
    lengths = np.array([210, 100, 3])
    real = np.arange(210) < lengths[:, None]
    input_ids = np.where(real, np.arange(210) % 5 + 6, tokenizer.pad)
    labels = np.where(np.arange(210) == lengths[:, None] - 2, 7, -100)
    objective = objective_of(Losses(loss_tokens="all"), has_teacher=True)
    tokens = to_device(objective, MicroBatch(input_ids, real.astype(np.int64), labels), model)
    found = forward(model, tokens)
    whole = model(input_ids=torch.from_numpy(input_ids), attention_mask=torch.from_numpy(real).long())
    torch.testing.assert_close(found.head(found.hidden), whole.logits[torch.from_numpy(real)], atol=1e-6, rtol=1e-5)
    loss_sums(objective, tokens, found, found)["masked_lm"].backward()
    assert all(weights.grad is None or weights.grad.isfinite().all() for weights in model.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_no_mask_is_the_same_as_one_that_hides_nothing(
    family: str, make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer
) -> None:
    model = random_model(make_architecture(family), tokenizer, 1).eval()
    ids = np.random.default_rng(1).integers(6, 60, (3, 9))
    padded = np.where(np.arange(9) < np.array([[9], [9], [4]]), 1, 0)
    objective = objective_of(Losses(), has_teacher=True)
    for real, needed in ((np.ones_like(ids), False), (padded, True)):
        batch = MicroBatch(np.where(real, ids, tokenizer.pad), real, np.where(real, ids, -100))
        found = [
            forward(model, tokens).hidden
            for tokens in (to_device(objective, batch, model, skip_full_mask=skip) for skip in (False, True))
            if (tokens.attention_mask is not None) or not needed
        ]
        assert len(found) == 2
        torch.testing.assert_close(found[1], found[0], atol=1e-6, rtol=1e-5)
