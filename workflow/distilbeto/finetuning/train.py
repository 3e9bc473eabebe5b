"""Fine-tune one model on one task: the epochs of Annex A, of which one is kept."""

import gc
import logging
from pathlib import Path
from shutil import rmtree
from typing import Any

import torch

from distilbeto.errors import UserError
from distilbeto.files import fingerprint_of, read_json
from distilbeto.finetuning.checkpoints import last_checkpoint, locked, open_checkpoints
from distilbeto.finetuning.heads import Headed, add_head
from distilbeto.finetuning.record import Trained, save_run
from distilbeto.finetuning.run import Run
from distilbeto.finetuning.trainer import make_trainer, training_arguments
from distilbeto.glues.features import Features, check_task, collator, open_features
from distilbeto.provenance import Stopwatch


def finetune(run: Run, checkpoints: Path, output: Path) -> None:
    """Write model.safetensors, config.json and run.json to `output`.

    A killed run continues from its last whole epoch in `checkpoints`, if nothing that it depends on has changed.

    Raises:
        UserError: model, tokenizer and features do not belong together; memory is too small for one example; the loss
            is no number.
    """
    stopwatch = Stopwatch()
    manifest = _check_model(run)
    train, dev = open_features(run.train, run.tokenizer), open_features(run.dev, run.tokenizer)
    for features in (train, dev):
        check_task(features, run.settings.kind, run.settings.labels)
        _check_length(features, manifest["architecture"]["max_position_embeddings"], run.model)
    fingerprint = fingerprint_of(_ingredients(run, manifest, train, dev))
    with locked(checkpoints):
        restarts = open_checkpoints(checkpoints, fingerprint)
        trained = _train_in_memory(run, train, dev, checkpoints)
        save_run(run, trained, (train, dev), restarts=restarts, stopwatch=stopwatch, output=output)
        rmtree(checkpoints)


def _train_in_memory(run: Run, train: Features, dev: Features, checkpoints: Path) -> Trained:
    """Train with the largest micro-batch that fits the device; the effective batch stays that of Annex A."""
    micro_batch = run.settings.hyperparameters.batch_size
    effective_batch = micro_batch * run.settings.hyperparameters.accumulation
    while True:
        try:
            return _train(run, train, dev, checkpoints, micro_batch)
        except torch.OutOfMemoryError:
            if micro_batch == 1:
                raise UserError(
                    f"the device has too little memory to train {run.model} on one example at a time",
                    remedy="Use a device with more memory, or a shorter max_length.",
                ) from None
        logging.info("out of memory with a micro-batch of %d", micro_batch)
        micro_batch = next_micro_batch(micro_batch, effective_batch)
        gc.collect()
        torch.cuda.empty_cache()


def next_micro_batch(micro_batch: int, effective_batch: int) -> int:
    """Half of `micro_batch`, or the next smaller number that divides the effective batch."""
    return next(size for size in range(micro_batch // 2, 0, -1) if effective_batch % size == 0)


def _train(run: Run, train: Features, dev: Features, checkpoints: Path, micro_batch: int) -> Trained:
    headed: Headed = add_head(run.model_folder, run.settings.kind, run.settings.labels, run.seed)
    collate = collator(run.tokenizer.pad, headed.model.config.model_type)
    arguments = training_arguments(run.settings, micro_batch, run.seed, checkpoints)
    trainer = make_trainer(headed.model, train, dev, collate, arguments)
    checkpoint = last_checkpoint(checkpoints)
    if checkpoint is not None:
        logging.info("continuing from %s", checkpoint)
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    if run.settings.selection == "lowest_loss" and trainer.state.best_model_checkpoint is None:
        raise UserError(
            "the checkpoint of the best epoch is gone", where=checkpoints, remedy="Delete the folder and run again."
        )
    return Trained(headed, trainer.args, trainer.state)


def _check_model(run: Run) -> dict[str, Any]:
    """The model's manifest, after its tokenizer has been held against the run's."""
    path = run.model_folder / "manifest.json"
    manifest: dict[str, Any] = read_json(path)
    if manifest["tokenizer"] != run.tokenizer.fingerprint:
        raise UserError(
            f"the model was made with the tokenizer {manifest['tokenizer']}, expected {run.tokenizer.fingerprint}",
            where=path,
            remedy="Make the model again with this tokenizer.",
        )
    return manifest


def _check_length(features: Features, most: int, model: str) -> None:
    longest = int(features.lengths().max())
    if longest > most:
        raise UserError(
            f"a sequence has {longest} tokens, {model} takes {most}",
            where=features.path,
            remedy="Set a shorter max_length.",
        )


def _ingredients(run: Run, manifest: dict[str, Any], train: Features, dev: Features) -> dict[str, Any]:
    """Everything that a change of makes checkpoints useless."""
    return {
        "settings": run.settings.model_dump(),
        "seed": run.seed,
        "weights": manifest["weights_sha256"],
        "train": train.metadata["arrays_sha256"],
        "dev": dev.metadata["arrays_sha256"],
        "code": run.code,
    }
