"""transformers.Trainer as this project uses it: epochs evaluated and saved, batches by length."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainingArguments

from distilbeto.errors import UserError
from distilbeto.finetuning.run_log import RunLog
from distilbeto.finetuning.sampler import GroupedByLength
from distilbeto.finetuning.settings import Hyperparameters, Optimization, RunSettings
from distilbeto.glues.features import Collate, Features, SequenceDataset


class GroupingTrainer(Trainer):  # type: ignore[misc]
    """Trains and evaluates with batches of sequences of like length."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # The heads take **kwargs and ignore num_items_in_batch in them, yet Trainer would count on them to divide the
        # loss by the accumulation: gradients would be too large by that factor.
        self.model_accepts_loss_kwargs = False

    def _get_train_sampler(self, train_dataset: Any = None) -> GroupedByLength:
        effective_batch = self.args.train_batch_size * self.args.gradient_accumulation_steps
        return GroupedByLength(self.train_dataset.features.lengths(), effective_batch, self.args.seed)

    def _get_eval_sampler(self, eval_dataset: Any) -> list[int]:
        order: list[int] = np.argsort(-eval_dataset.features.lengths(), kind="stable").tolist()
        return order

    def floating_point_ops(self, inputs: Any) -> int:
        """Not counted: it walks through all weights at each step."""
        return 0


def make_trainer(
    model: PreTrainedModel, train: Features, dev: Features, collate: Collate, arguments: TrainingArguments
) -> GroupingTrainer:
    trainer = GroupingTrainer(
        model=model,
        args=arguments,
        data_collator=collate,
        train_dataset=SequenceDataset(train),
        eval_dataset=SequenceDataset(dev),
        callbacks=[RunLog()],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def training_arguments(settings: RunSettings, micro_batch: int, seed: int, folder: Path) -> TrainingArguments:
    """Annex A and its omissions in the words of transformers; the effective batch is kept whatever `micro_batch` is."""
    lowest_loss = settings.selection == "lowest_loss"
    effective_batch = settings.hyperparameters.batch_size * settings.hyperparameters.accumulation
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=micro_batch,
        per_device_eval_batch_size=micro_batch,
        gradient_accumulation_steps=effective_batch // micro_batch,
        **_optimization(settings.hyperparameters, settings.optimization),
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=lowest_loss,
        metric_for_best_model="loss" if lowest_loss else None,
        greater_is_better=False if lowest_loss else None,
        prediction_loss_only=True,
        logging_nan_inf_filter=False,
        remove_unused_columns=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        seed=seed,
        report_to="none",
        disable_tqdm=not sys.stderr.isatty(),
    )
    # Trainer spreads over all GPUs that it sees, which would multiply the batch.
    arguments._n_gpu = min(arguments.n_gpu, 1)
    return arguments


def _optimization(hyperparameters: Hyperparameters, optimization: Optimization) -> dict[str, Any]:
    precision = resolve_precision(optimization.precision)
    return {
        "num_train_epochs": hyperparameters.epochs,
        "learning_rate": hyperparameters.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": optimization.warmup_share,
        "weight_decay": optimization.weight_decay,
        "adam_beta1": optimization.adam_beta1,
        "adam_beta2": optimization.adam_beta2,
        "adam_epsilon": optimization.adam_epsilon,
        "max_grad_norm": optimization.max_gradient_norm,
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
    }


def resolve_precision(precision: str) -> str:
    """fp32, bf16 or fp16; `auto` is the fastest that the device computes well.

    Raises:
        UserError: fp16 without a GPU.
    """
    if precision == "auto":
        if not torch.cuda.is_available():
            return "fp32"
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if precision == "fp16" and not torch.cuda.is_available():
        raise UserError("precision: fp16 needs a GPU", remedy="Set precision: auto in finetuning.optimization.")
    return precision
