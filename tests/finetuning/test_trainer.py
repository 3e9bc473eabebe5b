from pathlib import Path

import pytest
import torch

from distilbeto.errors import UserError
from distilbeto.finetuning.settings import Hyperparameters, Optimization, RunSettings
from distilbeto.finetuning.trainer import training_arguments
from distilbeto.glues.kinds import TaskKind


def test_fp16_without_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    settings = RunSettings(
        kind=TaskKind.SEQUENCE_CLASSIFICATION,
        labels=["no", "sí"],
        hyperparameters=Hyperparameters(batch_size=16, max_length=512, learning_rate=3e-5, epochs=4),
        optimization=Optimization(precision="fp16"),
    )
    with pytest.raises(UserError, match="precision: fp16 needs a GPU"):
        training_arguments(settings, micro_batch=8, seed=7, folder=tmp_path)


def test_a_row_of_the_annex_and_what_it_omits_reach_transformers(tmp_path: Path) -> None:
    row = {"batch_size": 16, "gradient_accumulation_steps": 2, "max_length": 512, "learning_rate": 3e-5, "epochs": 4}
    settings = RunSettings.model_validate(
        {"hyperparameters": row, "kind": "sequence_classification", "labels": ["no", "sí"]}
    )
    arguments = training_arguments(settings, micro_batch=8, seed=7, folder=tmp_path)
    assert (arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps) == (8, 4)
    assert (arguments.learning_rate, arguments.num_train_epochs, arguments.seed) == (3e-5, 4, 7)
    assert (arguments.get_warmup_steps(1000), arguments.lr_scheduler_type) == (100, "linear")
    omitted = Optimization()
    assert (arguments.weight_decay, arguments.max_grad_norm) == (omitted.weight_decay, omitted.max_grad_norm)
    own = settings.model_copy(update={"hyperparameters": Hyperparameters(**row, weight_decay=0.5)})
    assert training_arguments(own, micro_batch=8, seed=7, folder=tmp_path).weight_decay == 0.5
    assert (arguments.adam_beta1, arguments.adam_beta2, arguments.adam_epsilon) == (0.9, 0.999, 1e-8)
    assert {arguments.eval_strategy, arguments.save_strategy, arguments.logging_strategy} == {"epoch"}


def test_bf16_is_for_a_cpu_too(tmp_path: Path) -> None:
    settings = RunSettings(
        kind=TaskKind.SEQUENCE_CLASSIFICATION,
        labels=["no", "sí"],
        hyperparameters=Hyperparameters(batch_size=16, max_length=512, learning_rate=3e-5, epochs=4),
        optimization=Optimization(precision="bf16"),
    )
    assert training_arguments(settings, micro_batch=8, seed=7, folder=tmp_path).bf16
