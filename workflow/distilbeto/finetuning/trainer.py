"""transformers.Trainer as this project uses it: epochs evaluated and saved, batches by length, exact mean losses."""

import sys
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PrinterCallback, Trainer, TrainingArguments

from distilbeto.finetuning.development import Development, evaluate, metric_of
from distilbeto.finetuning.losses import summed_loss, target_count, without_targets
from distilbeto.finetuning.record import CONSTANT, THRESHOLD, precision_of
from distilbeto.finetuning.run_log import Patience, RunLog
from distilbeto.finetuning.sampler import POOL_BATCHES, PooledByLength
from distilbeto.finetuning.settings import Hyperparameters, Optimization, RunSettings, weight_decay_of
from distilbeto.glues.features import Features, SequenceDataset, collator
from distilbeto.models.families import takes_token_types
from distilbeto.models.precision import resolve_precision


class TaskTrainer(Trainer):  # type: ignore[misc]
    """Trains with batches of sequences of like length, or of any, and evaluates as predictions are made and scored.

    The loss of a step is the mean over all targets of its effective batch, however that is split into micro-batches.
    """

    loss_is_scaled_for_ga = True

    def __init__(self, *, development: Development, **options: Any) -> None:
        super().__init__(**options)
        self.development = development

    def _get_train_sampler(self, train_dataset: Any = None) -> PooledByLength:
        effective_batch = self.args.train_batch_size * self.args.gradient_accumulation_steps
        grouped = self.development.settings.optimization.train_sampling_strategy == "group_by_length"
        lengths, pool = self.train_dataset.features.lengths(), POOL_BATCHES if grouped else 1
        return PooledByLength(lengths, effective_batch, self.args.seed, pool)

    def get_batch_samples(self, epoch_iterator: Any, num_batches: int, device: torch.device) -> tuple[list[Any], Any]:
        """The micro-batches of a step, and the number of their targets."""
        batches, _ = super().get_batch_samples(epoch_iterator, num_batches, device)
        return batches, sum(target_count(batch) for batch in batches)

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """This micro-batch's part of the mean loss of its step."""
        kind = self.development.settings.kind
        total = summed_loss(kind, model(**without_targets(inputs)), inputs)
        loss: torch.Tensor = total / num_items_in_batch.clamp(min=1)
        return loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Loss and metrics of the development set, from one pass over it."""
        found = evaluate(self.model, self.development, precision_of(self.args))
        entries = {"eval_loss": found.loss} | {f"eval_{name}": value for name, value in found.metrics.items()}
        entries |= {} if found.threshold is None else {THRESHOLD: found.threshold}
        entries |= {CONSTANT: True} if found.constant else {}
        self.log(entries)
        self.control: Any = self.callback_handler.on_evaluate(self.args, self.state, self.control, entries)
        return entries

    def floating_point_ops(self, inputs: Any) -> int:
        """Not counted: it walks through all weights at each step."""
        return 0


def make_trainer(
    model: PreTrainedModel, train: Features, development: Development, arguments: TrainingArguments, log: RunLog
) -> TaskTrainer:
    trainer = TaskTrainer(
        development=development,
        model=model,
        args=arguments,
        data_collator=collator(development.pad, token_types=takes_token_types(model.config)),
        train_dataset=SequenceDataset(train),
        eval_dataset=SequenceDataset(development.features),
        callbacks=[log, Patience(development.settings.optimization.patience)],
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def training_arguments(
    settings: RunSettings, micro_batch: int, seed: int, folder: Path, *, keep_weights: bool = True
) -> TrainingArguments:
    """Annex A and its omissions in the words of transformers; the effective batch is kept whatever `micro_batch` is.

    Of equal epochs Trainer takes the first.
    """
    effective_batch = settings.hyperparameters.batch_size * settings.hyperparameters.gradient_accumulation_steps
    best = {"lowest_loss": "eval_loss", "metric": f"eval_{metric_of(settings)}", "last": None}[settings.selection]
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=effective_batch // micro_batch,
        **_optimization(settings.hyperparameters, settings.optimization),
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=1,
        load_best_model_at_end=keep_weights and best is not None,
        metric_for_best_model=best,
        greater_is_better=settings.selection == "metric",
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
    precision = resolve_precision(optimization.precision, "cuda" if torch.cuda.is_available() else "cpu")
    return {
        "num_train_epochs": hyperparameters.epochs,
        "learning_rate": hyperparameters.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": optimization.warmup_ratio,
        "weight_decay": weight_decay_of(hyperparameters, optimization),
        "adam_beta1": optimization.adam_beta1,
        "adam_beta2": optimization.adam_beta2,
        "adam_epsilon": optimization.adam_epsilon,
        "max_grad_norm": optimization.max_grad_norm,
        "use_cpu": precision == "bf16"
        and not torch.cuda.is_available(),  # else transformers refuses bf16 without a GPU
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
    }
