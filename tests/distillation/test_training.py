"""A step's gradient, the optimizer's course, and what a student learns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from distilbeto.corpus.counts import load_token_counts
from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation.evaluation import evaluate
from distilbeto.distillation.lessons import Lessons, step_batch, validation_batch
from distilbeto.distillation.masking import target_sampler
from distilbeto.distillation.objective import objective_of
from distilbeto.distillation.optimization import clip, learning_rate_at, resume, state_of, update
from distilbeto.distillation.order import split_corpus
from distilbeto.distillation.settings import Optimizer, TrainingSettings
from distilbeto.distillation.state import State
from distilbeto.distillation.training import accumulate_gradients, run_segment
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

MakeSettings = Callable[..., TrainingSettings]
MakeLessons = Callable[..., Lessons]


@pytest.fixture
def make_lessons(shard_set: ShardSet, token_counts: Path, tokenizer: LoadedTokenizer) -> MakeLessons:
    counts = load_token_counts(token_counts, tokenizer.fingerprint)

    def make(settings: TrainingSettings, teacher: PreTrainedModel | None = None) -> Lessons:
        return Lessons(
            shard_set,
            split_corpus(int(shard_set.starts[-1]), settings.validation_sequences, settings.seed),
            target_sampler(settings.masking, counts, tokenizer, settings.seed),
            objective_of(settings.losses, has_teacher=teacher is not None),
            None if teacher is None else teacher.eval().requires_grad_(False),
            tokenizer.pad,
            settings.micro_batch_tokens,
        )

    return make


def initial(model: PreTrainedModel) -> State:
    return State(0, {name: value.detach().clone() for name, value in model.named_parameters()}, {}, {})


@pytest.mark.parametrize("loss_tokens", ["masked", "all"])
def test_a_steps_gradient_does_not_depend_on_how_it_is_cut(
    loss_tokens: str,
    make_settings: MakeSettings,
    make_lessons: MakeLessons,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    teacher = random_model(make_architecture("bert"), tokenizer, 2)
    gradients, losses = [], []
    for micro_batch_tokens in (20, 90, 10_000):
        settings = make_settings(micro_batch_tokens=micro_batch_tokens, losses={"loss_tokens": loss_tokens})
        lessons = make_lessons(settings, teacher)
        student = random_model(make_architecture("distilbert", dropout=0.0), tokenizer, 1)
        learner = resume(student, initial(student), settings.optimizer, "fp32")
        found = accumulate_gradients(learner, step_batch(lessons, 0, 16), lessons, (42, 0))
        losses.append({name: float(loss) for name, loss in found.items()})
        gradients.append(torch.cat([value.grad.flatten() for value in student.parameters() if value.grad is not None]))
    for gradient, loss in zip(gradients[1:], losses[1:], strict=True):
        assert torch.allclose(gradient, gradients[0], atol=1e-6)
        assert loss == pytest.approx(losses[0], abs=1e-6)


def test_learning_rate_rises_for_its_share_and_falls_without_a_wasted_step() -> None:
    rates = [learning_rate_at(step, Optimizer(learning_rate=1.0, warmup_share=0.2), 20) for step in range(20)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert np.allclose(np.diff(rates[4:]), -1 / 16)
    assert rates[-1] == pytest.approx(1 / 16)
    assert learning_rate_at(0, Optimizer(learning_rate=1.0, warmup_share=0.0), 20) == 1.0


def test_only_matrices_decay(make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer) -> None:
    student = random_model(make_architecture("distilbert"), tokenizer, 1)
    learner = resume(student, initial(student), Optimizer(weight_decay=0.5, learning_rate=1e-3), "fp32")
    before = initial(student).model
    for parameter in student.parameters():
        parameter.grad = torch.zeros_like(parameter)
    update(learner, 1e-3, float(clip(learner, 1.0)))
    for name, parameter in student.named_parameters():
        factor = 1 - 1e-3 * 0.5 if parameter.ndim > 1 else 1.0
        assert torch.allclose(parameter, before[name] * factor), name


def test_gradients_that_overflow_fp16_skip_the_update_and_lower_the_scale(
    make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer
) -> None:
    student = random_model(make_architecture("distilbert"), tokenizer, 1)
    before = initial(student)
    learner = resume(student, before, Optimizer(), "fp16")
    learner.scaler.scale(torch.zeros(()))
    for parameter in student.parameters():
        parameter.grad = torch.full_like(parameter, torch.inf)
    update(learner, 1e-3, float(clip(learner, 1.0)))
    assert learner.scaler.get_scale() == 2.0**15
    after = state_of(learner, 1)
    assert after.updates == 0
    assert all(torch.equal(after.model[name], before.model[name]) for name in before.model)
    assert after.scaler["scale"] == 2.0**15
    assert resume(student, after, Optimizer(), "fp16").scaler.get_scale() == 2.0**15


def test_a_loss_that_is_not_finite_names_step_and_loss(
    make_settings: MakeSettings,
    make_lessons: MakeLessons,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    teacher = random_model(make_architecture("bert"), tokenizer, 2)
    teacher.cls.predictions.transform.dense.bias.data.fill_(torch.nan)
    student, settings = random_model(make_architecture("distilbert"), tokenizer, 1), make_settings()
    with pytest.raises(UserError, match=r"step 1: the loss distillation is nan; nothing was written"):
        run_segment(student, initial(student), 2, make_lessons(settings, teacher), settings)


def test_a_gradient_that_is_not_finite_names_the_step(
    make_settings: MakeSettings,
    make_lessons: MakeLessons,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    student, settings = (
        random_model(make_architecture("distilbert"), tokenizer, 1),
        make_settings(teacher=None, initialization={}),
    )
    student.vocab_projector.bias.register_hook(lambda gradient: gradient * torch.nan)
    with pytest.raises(UserError, match="step 1: the gradient's norm is nan"):
        run_segment(student, initial(student), 2, make_lessons(settings), settings)


def test_a_pretrained_bert_learns_and_teaches_a_student(
    make_settings: MakeSettings,
    make_lessons: MakeLessons,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    course = {
        "steps": 120,
        "micro_batch_tokens": 1000,
        "validation_sequences": 30,
        "optimizer": {"learning_rate": 5e-3},
    }
    alone = make_settings(teacher=None, initialization={}, step_sequences=32, **course)
    teacher = random_model(make_architecture("bert", dropout=0.0), tokenizer, 1)
    lessons = make_lessons(alone)
    _, metrics = run_segment(teacher, initial(teacher), 120, lessons, alone)
    batch = validation_batch(lessons)
    accuracy = evaluate(lessons.objective, teacher, None, batch)["accuracy"]
    assert metrics[-1]["loss"] < 0.5 * metrics[0]["loss"]
    assert accuracy > 0.2

    settings = make_settings(**course | {"steps": 90, "step_sequences": 32})
    student = random_model(make_architecture("distilbert", dropout=0.0), tokenizer, 2)
    lessons = make_lessons(settings, teacher)
    before = evaluate(lessons.objective, student, teacher, batch)
    run_segment(student, initial(student), 90, lessons, settings)
    after = evaluate(lessons.objective, student, teacher, batch)
    assert after["distillation"] < 0.5 * before["distillation"]
    assert after["cosine"] < 0.5 * before["cosine"]
    assert after["accuracy"] > before["accuracy"] + 0.1


def test_metrics_have_each_loss_on_its_own(
    make_settings: MakeSettings,
    make_lessons: MakeLessons,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    teacher, student = (random_model(make_architecture(name), tokenizer, 2) for name in ("bert", "distilbert"))
    settings = make_settings()
    _, metrics = run_segment(student, initial(student), 2, make_lessons(settings, teacher), settings)
    assert [line["step"] for line in metrics] == [1, 2]
    losses = metrics[0]["losses"]
    expected = 5 * losses["distillation"] + 2 * losses["masked_lm"] + losses["cosine"]
    assert metrics[0]["loss"] == pytest.approx(expected)
    assert metrics[0]["learning_rate"] == pytest.approx(5e-4)
    assert 0 <= metrics[0]["padding_share"] < 0.5
    assert 16 * 8 <= metrics[0]["tokens"] <= 16 * 20
