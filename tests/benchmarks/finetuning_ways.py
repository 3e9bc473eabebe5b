"""Three ways to fine-tune a model on the same pairs, for finetuning.py: each gives the pairs a second of one epoch."""

import time
from pathlib import Path
from typing import Any

from torch.utils.data import SequentialSampler
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    default_data_collator,
)

from distilbeto.finetuning.development import metric_of, open_development
from distilbeto.finetuning.heads import add_head
from distilbeto.finetuning.record import Run
from distilbeto.finetuning.run_log import RunLog
from distilbeto.finetuning.trainer import make_trainer, training_arguments
from distilbeto.glues.features import SequenceDataset, open_features

PADDED_MICRO_BATCH = 16

Item = dict[str, Any]


class Clock(TrainerCallback):
    """Seconds of an epoch, without what comes before and after it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self.seconds -= time.perf_counter()

    def on_epoch_end(self, *_: Any, **__: Any) -> None:
        self.seconds += time.perf_counter()


def project_way(run: Run, folder: Path) -> float:
    """This project's trainer, without its evaluation and its checkpoints. The pairs stand in the order of an epoch."""
    settings = run.settings
    model = add_head(run.model_folder, settings.kind, settings.labels, run.seed).model
    batch_size = settings.hyperparameters.batch_size
    arguments = training_arguments(settings, batch_size, run.seed, folder, keep_weights=False)
    arguments.eval_strategy = arguments.save_strategy = "no"
    train = open_features(run.train, run.tokenizer)
    development = open_development(run.dev, run.dev_examples, settings, run.tokenizer)
    trainer = make_trainer(model, train, development, arguments, RunLog(metric_of(settings)))
    trainer._get_train_sampler = SequentialSampler
    return pairs_a_second(trainer)


def transformers_way(run: Run, folder: Path) -> float:
    """Trainer as in transformers' examples of text classification: random order, padded to the longest of a batch."""
    tokenizer = run.tokenizer.tokenizer
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=tokenizer.id_to_token(run.tokenizer.pad), padding_side="right"
    )
    batch_size = run.settings.hyperparameters.batch_size
    return pairs_a_second(plain_trainer(run, items_of(run), DataCollatorWithPadding(wrapped), batch_size, folder))


def padded_way(run: Run, folder: Path, pairs: int) -> float:
    """The same with the first `pairs` pairs padded to the annex's length beforehand."""
    fillers = {"input_ids": run.tokenizer.pad, "attention_mask": 0, "token_type_ids": 0}
    length = run.settings.hyperparameters.max_length
    items = [
        {
            name: value + [fillers[name]] * (length - len(value)) if name in fillers else value
            for name, value in item.items()
        }
        for item in items_of(run)[:pairs]
    ]
    return pairs_a_second(plain_trainer(run, items, default_data_collator, PADDED_MICRO_BATCH, folder))


def items_of(run: Run) -> list[Item]:
    """The training set as a tokenizer of transformers gives it: lists of numbers."""
    dataset = SequenceDataset(open_features(run.train, run.tokenizer))
    return [plain_item(dataset[place], typed=run.model != "distilbeto") for place in range(len(dataset))]


def plain_item(item: Item, *, typed: bool) -> Item:
    ids, second = item["input_ids"].tolist(), int(item["second_start"])
    types = {"token_type_ids": [0] * second + [1] * (len(ids) - second)} if typed else {}
    return {"input_ids": ids, **types, "attention_mask": [1] * len(ids), "label": int(item["labels"])}


def plain_trainer(run: Run, items: list[Item], collate: Any, micro_batch: int, folder: Path) -> Trainer:
    hyperparameters = run.settings.hyperparameters
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=micro_batch,
        gradient_accumulation_steps=max(hyperparameters.batch_size // micro_batch, 1),
        num_train_epochs=hyperparameters.epochs,
        learning_rate=hyperparameters.learning_rate,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    model = add_head(run.model_folder, run.settings.kind, run.settings.labels, run.seed).model
    trainer = Trainer(model=model, args=arguments, data_collator=collate, train_dataset=items)
    trainer.remove_callback(PrinterCallback)
    return trainer


def pairs_a_second(trainer: Trainer) -> float:
    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    return len(trainer.train_dataset) / clock.seconds
