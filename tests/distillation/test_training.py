"""The gradient of a step, the steps of the optimizer, and what a student learns."""

import os
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

from distilbeto.corpus.counts import load_token_counts
from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation import training
from distilbeto.distillation.batches import MicroBatch
from distilbeto.distillation.evaluation import MASKED_LM, evaluate
from distilbeto.distillation.objective import forward, to_device
from distilbeto.distillation.optimization import TrainState, clip, learning_rate_at, resume, state_of, update
from distilbeto.distillation.ranks import Ranks
from distilbeto.distillation.segment import compile_encoder
from distilbeto.distillation.settings import Optimizer, TrainingSettings
from distilbeto.distillation.state import State
from distilbeto.distillation.teacher import load_teacher
from distilbeto.distillation.training import accumulate_gradients, run_segment
from distilbeto.distillation.training_data import TrainingData, step_batch, training_data, validation_batch
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

MakeSettings = Callable[..., TrainingSettings]
MakeData = Callable[..., TrainingData]


@pytest.fixture
def make_data(shard_set: ShardSet, token_counts: Path, tokenizer: LoadedTokenizer) -> MakeData:
    counts = load_token_counts(token_counts, tokenizer.fingerprint)

    def make(settings: TrainingSettings, teacher: PreTrainedModel | None = None) -> TrainingData:
        teacher = None if teacher is None else teacher.eval().requires_grad_(False)
        return training_data(settings, shard_set, counts, tokenizer, teacher)

    return make


def initial(model: PreTrainedModel) -> State:
    return State(0, {name: value.detach().clone() for name, value in model.named_parameters()}, {}, {})


def trained_by_ranks(train_state: TrainState, data: TrainingData, size: int) -> tuple[torch.Tensor, dict[str, float]]:
    """The gradient and the losses of a step of 16 sequences whose micro-batches `size` ranks train in turn."""
    batches = [step_batch(data, 0, 16, Ranks(rank, size)) for rank in range(size)]
    targets = sum(batch.targets for batch in batches)
    totals = dict.fromkeys(data.objective.factors, 0.0)
    for batch in batches:
        found = accumulate_gradients(train_state, batch._replace(targets=targets), data, (42, 0))
        totals = {name: total + float(found[name]) for name, total in totals.items()}
    parts = [weight.grad.flatten() for weight in train_state.student.parameters() if weight.grad is not None]
    return torch.cat(parts), totals


@pytest.mark.parametrize("loss_tokens", ["masked", "all"])
@pytest.mark.parametrize(
    ("dropout", "cuts"),
    [(0.0, [(10_000, 1), (90, 1), (20, 1), (90, 2), (20, 3), (90, 7)]), (0.1, [(90, 1), (90, 2), (90, 3), (90, 7)])],
)
def test_a_steps_gradient_depends_neither_on_how_it_is_cut_nor_on_the_number_of_ranks(
    dropout: float,
    cuts: list[tuple[int, int]],
    loss_tokens: str,
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    teacher = random_model(make_architecture("bert"), tokenizer, 2)
    results = []
    for micro_batch_tokens, size in cuts:
        settings = make_settings(micro_batch_tokens=micro_batch_tokens, losses={"loss_tokens": loss_tokens})
        student = random_model(make_architecture("distilbert", dropout=dropout), tokenizer, 1).train()
        train_state = resume(student, initial(student), settings.optimizer, "fp32")
        results.append(trained_by_ranks(train_state, make_data(settings, teacher), size))
    for gradient, losses in results[1:]:
        assert torch.allclose(gradient, results[0][0], atol=1e-6)
        assert losses == pytest.approx(results[0][1], abs=1e-6)


@pytest.mark.parametrize("loss_tokens", ["masked", "all"])
def test_no_micro_batch_waits_for_the_device(
    loss_tokens: str,
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the device meta, which computes nothing, whatever reads a result fails."""
    monkeypatch.setattr(TrainState, "autocast_context", lambda _: nullcontext())  # meta knows no autocast
    teacher, student = (random_model(make_architecture(name), tokenizer, 2) for name in ("bert", "distilbert"))
    settings = make_settings(losses={"loss_tokens": loss_tokens})
    data = make_data(settings, teacher.to("meta"))
    train_state = resume(student.to("meta").train(), initial(student), settings.optimizer, "fp32")
    losses = accumulate_gradients(train_state, step_batch(data, 0, 16), data, (42, 0))
    assert all(loss.is_meta for loss in losses.values())
    assert clip(train_state, 1.0).is_meta


def test_models_attend_by_scaled_dot_product(
    make_architecture: Callable[..., Architecture],
    make_model_folder: Callable[..., Path],
    make_settings: Callable[..., TrainingSettings],
    tokenizer: LoadedTokenizer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attention = torch.nn.functional.scaled_dot_product_attention
    calls: list[torch.Size] = []

    def count(*arguments: torch.Tensor, attn_mask: torch.Tensor, **options: Any) -> torch.Tensor:
        calls.append(attn_mask.shape)
        return attention(*arguments, attn_mask=attn_mask, **options)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", count)
    batch = MicroBatch(np.full((3, 9), 7), np.ones((3, 9), np.int64), np.full((3, 9), 7))
    for name in ("bert", "albert", "distilbert"):
        built = random_model(make_architecture(name), tokenizer, 1)
        loaded = load_teacher(make_model_folder(name), tokenizer, make_settings()).model
        for model in (built, loaded):
            calls.clear()
            forward(model, to_device(MASKED_LM, batch, model))
            assert calls == [(3, 1, 1, 9)] * 2, name


def test_padding_changes_nothing_that_a_model_says(
    make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer
) -> None:
    random = np.random.default_rng(1)
    ids, real = random.integers(6, 60, (2, 9)), np.ones((2, 9), np.int64)
    padded, mask = np.full((2, 14), tokenizer.pad), np.zeros((2, 14), np.int64)
    padded[:, :9], mask[:, :9] = ids, 1
    for name in ("bert", "albert", "distilbert"):
        model = random_model(make_architecture(name), tokenizer, 1).eval()
        alone, within = (
            forward(model, to_device(MASKED_LM, MicroBatch(tokens, is_real, tokens * is_real), model))
            for tokens, is_real in ((ids, real), (padded, mask))
        )
        assert torch.allclose(alone.hidden, within.hidden, atol=1e-6), name


def test_learning_rate_rises_for_its_share_and_falls_without_a_wasted_step() -> None:
    rates = [learning_rate_at(step, Optimizer(learning_rate=1.0, warmup_ratio=0.2), 20) for step in range(20)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert np.allclose(np.diff(rates[4:]), -1 / 16)
    assert rates[-1] == pytest.approx(1 / 16)
    assert learning_rate_at(0, Optimizer(learning_rate=1.0, warmup_ratio=0.0), 20) == 1.0


def test_only_matrices_decay(make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer) -> None:
    student = random_model(make_architecture("distilbert"), tokenizer, 1)
    train_state = resume(student, initial(student), Optimizer(weight_decay=0.5, learning_rate=1e-3), "fp32")
    before = initial(student).model
    for parameter in student.parameters():
        parameter.grad = torch.zeros_like(parameter)
    update(train_state, 1e-3, float(clip(train_state, 1.0)))
    for name, parameter in student.named_parameters():
        factor = 1 - 1e-3 * 0.5 if parameter.ndim > 1 else 1.0
        assert torch.allclose(parameter, before[name] * factor), name


def test_gradients_that_overflow_fp16_skip_the_update_and_lower_the_scale(
    make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer
) -> None:
    student = random_model(make_architecture("distilbert"), tokenizer, 1)
    before = initial(student)
    train_state = resume(student, before, Optimizer(), "fp16")
    train_state.scaler.scale(torch.zeros(()))
    for parameter in student.parameters():
        parameter.grad = torch.full_like(parameter, torch.inf)
    update(train_state, 1e-3, float(clip(train_state, 1.0)))
    assert train_state.scaler.get_scale() == 2.0**15
    after = state_of(train_state, 1)
    assert after.updates == 0
    assert all(torch.equal(after.model[name], before.model[name]) for name in before.model)
    assert after.scaler["scale"] == 2.0**15
    assert resume(student, after, Optimizer(), "fp16").scaler.get_scale() == 2.0**15


def test_a_loss_that_is_not_finite_names_step_and_loss(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    teacher = random_model(make_architecture("bert"), tokenizer, 2)
    teacher.cls.predictions.transform.dense.bias.data.fill_(torch.nan)
    student, settings = random_model(make_architecture("distilbert"), tokenizer, 1), make_settings()
    with pytest.raises(UserError, match=r"step 1: the loss distillation is nan; nothing was written"):
        run_segment(student, initial(student), 2, make_data(settings, teacher), settings)


def test_a_gradient_that_is_not_finite_names_the_step(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    student, settings = (
        random_model(make_architecture("distilbert"), tokenizer, 1),
        make_settings(teacher=None, initialization={}),
    )
    student.vocab_projector.bias.register_hook(lambda gradient: gradient * torch.nan)
    with pytest.raises(UserError, match="step 1: the gradient's norm is nan"):
        run_segment(student, initial(student), 2, make_data(settings), settings)


def test_a_pretrained_bert_learns_and_teaches_a_student(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    schedule = {
        "steps": 120,
        "micro_batch_tokens": 1000,
        "validation_sequences": 30,
        "optimizer": {"learning_rate": 5e-3},
    }
    alone = make_settings(teacher=None, initialization={}, sequences_per_step=32, **schedule)
    teacher = random_model(make_architecture("bert", dropout=0.0), tokenizer, 1)
    data = make_data(alone)
    _, metrics = run_segment(teacher, initial(teacher), 120, data, alone)
    batch = validation_batch(data)
    accuracy = evaluate(data.objective, teacher, None, batch)["accuracy"]
    assert metrics[-1]["loss"] < 0.5 * metrics[0]["loss"]
    assert accuracy > 0.2

    settings = make_settings(**schedule | {"steps": 90, "sequences_per_step": 32})
    student = random_model(make_architecture("distilbert", dropout=0.0), tokenizer, 2)
    data = make_data(settings, teacher)
    before = evaluate(data.objective, student, teacher, batch)
    run_segment(student, initial(student), 90, data, settings)
    after = evaluate(data.objective, student, teacher, batch)
    assert after["distillation"] < 0.5 * before["distillation"]
    assert after["cosine"] < 0.5 * before["cosine"]
    assert after["accuracy"] > before["accuracy"] + 0.1


def test_metrics_have_each_loss_on_its_own(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    teacher, student = (random_model(make_architecture(name), tokenizer, 2) for name in ("bert", "distilbert"))
    settings = make_settings()
    _, metrics = run_segment(student, initial(student), 2, make_data(settings, teacher), settings)
    assert [line["step"] for line in metrics] == [1, 2]
    losses = metrics[0]["losses"]
    expected = 5 * losses["distillation"] + 2 * losses["masked_lm"] + losses["cosine"]
    assert metrics[0]["loss"] == pytest.approx(expected)
    assert metrics[0]["learning_rate"] == pytest.approx(5e-4)
    assert 0 <= metrics[0]["padding_share"] < 0.5
    assert 16 * 8 <= metrics[0]["tokens"] <= 16 * 20


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.skipif(shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_student_learns_the_same_and_is_compiled_once_for_all_shapes(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    settings = make_settings(teacher=None, initialization={}, micro_batch_tokens=80)
    data, architecture = make_data(settings), make_architecture("distilbert", num_hidden_layers=1, dropout=0.0)
    plain, compiled = (random_model(architecture, tokenizer, 1) for _ in range(2))
    compile_encoder(compiled)
    torch._dynamo.utils.counters.clear()
    first, second = (run_segment(model, initial(model), 3, data, settings)[1] for model in (plain, compiled))
    shapes = {batch.input_ids.shape for step in range(3) for batch in step_batch(data, step, 16).micro_batches}
    assert len(shapes) > 5
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 1
    for expected, found in zip(first, second, strict=True):
        assert found["losses"] == pytest.approx(expected["losses"], abs=1e-4)


def test_compiling_without_a_compiler_is_refused(
    make_architecture: Callable[..., Architecture], tokenizer: LoadedTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(UserError, match="needs the C\\+\\+ compiler no-such-compiler, which is not there"):
        compile_encoder(random_model(make_architecture("distilbert"), tokenizer, 1))


@pytest.mark.parametrize(
    ("speed", "precision", "tolerance"),
    [
        ({"skip_full_mask": True}, "fp32", 1e-5),
        ({"allow_tf32": True}, "fp32", 0),
        ({"max_logits": 3 * 66}, "fp32", 1e-5),
        ({"micro_batch_cost": 10_000}, "fp32", 1e-5),
        ({"cast_teacher": True}, "bf16", 0.02),
    ],
)
def test_what_is_for_speed_changes_rounding_alone(
    speed: dict[str, Any],
    precision: str,
    tolerance: float,
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    """Without dropout, whose draws go with micro-batches. A teacher that was converted is whole after the segment."""
    found = []
    for each in ({}, speed):
        teacher = random_model(make_architecture("bert"), tokenizer, 2)
        student = random_model(make_architecture("distilbert", dropout=0.0), tokenizer, 1)
        settings = make_settings(precision=precision, losses={"loss_tokens": "all"}, speed=each)
        data = make_data(settings, teacher)
        state, metrics = run_segment(student, initial(student), 3, data, settings)
        found.append([line["losses"] for line in metrics])
        assert all(weights.dtype == torch.float32 for weights in teacher.parameters())
        assert {tensor.dtype for tensor in state.model.values()} == {torch.float32}
    for plain, fast in zip(*found, strict=True):
        assert fast == pytest.approx(plain, rel=tolerance, abs=tolerance)
    assert torch.get_float32_matmul_precision() == "highest"


def test_a_converted_teacher_computes_in_its_own_precision(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[torch.dtype] = []
    original = training.teacher_forward

    def noted(*arguments: Any) -> Any:
        output = original(*arguments)
        seen.extend((output.hidden.dtype, output.head(output.hidden).dtype))
        return output

    monkeypatch.setattr(training, "teacher_forward", noted)
    teacher, student = (random_model(make_architecture(name), tokenizer, 2) for name in ("bert", "distilbert"))
    settings = make_settings(precision="bf16", speed={"cast_teacher": True})
    run_segment(student, initial(student), 1, make_data(settings, teacher), settings)
    assert set(seen) == {torch.bfloat16}


def test_a_step_may_be_without_targets(
    make_settings: MakeSettings,
    make_data: MakeData,
    make_architecture: Callable[..., Architecture],
    tokenizer: LoadedTokenizer,
) -> None:
    """Where they are drawn over the corpus, a micro-batch may have none, and a small step too."""
    teacher, student = (random_model(make_architecture(name), tokenizer, 2) for name in ("bert", "distilbert"))
    masking = {"mlm_probability": 0.002, "drawn_over": "corpus"}
    settings = make_settings(masking=masking, sequences_per_step=2)
    _, metrics = run_segment(student, initial(student), 4, make_data(settings, teacher), settings)
    assert 0.0 in [line["losses"]["masked_lm"] for line in metrics]
    assert all(line["losses"]["cosine"] > 0 for line in metrics)
