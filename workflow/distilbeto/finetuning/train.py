"""Fine-tune one model on one task: the epochs of Annex A, of which one is kept."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any, NamedTuple

import torch

from distilbeto.errors import UserError
from distilbeto.finetuning.checkpoints import last_checkpoint, locked, open_checkpoints
from distilbeto.finetuning.collapse import attempt_of
from distilbeto.finetuning.development import Development, metric_of, open_development
from distilbeto.finetuning.heads import Headed, add_head
from distilbeto.finetuning.record import Run, Trained, outcome_of, run_record, save_run
from distilbeto.finetuning.run_log import RunLog, is_over
from distilbeto.finetuning.trainer import make_trainer, training_arguments
from distilbeto.glues.features import Features, check_task, open_features, summary_of
from distilbeto.models.build import shape_of
from distilbeto.models.families import max_tokens
from distilbeto.models.pretrained import config_in
from distilbeto.storage.files import fingerprint_of, read_json, write_json
from distilbeto.storage.provenance import Stopwatch


def finetune(run: Run, checkpoints: Path, output: Path) -> None:
    """Write model.safetensors, config.json and run.json to `output`.

    A killed run continues from its last whole epoch in `checkpoints`, if nothing that it depends on has changed.

    Raises:
        UserError: model, tokenizer, features and examples do not belong together; memory is too small for one example;
            the loss is no number.
    """
    stopwatch = Stopwatch()
    with _prepared(run, checkpoints, keep_weights=True) as (data, restarts):
        trained, attempts = _train_until_it_learns(run, data, checkpoints)
        save_run(run, trained, data.features, attempts=attempts, restarts=restarts, stopwatch=stopwatch, output=output)


def try_hyperparameters(run: Run, checkpoints: Path, output: Path) -> None:
    """Fine-tune, and write what run.json would say to `output`, without weights. A run that diverges has no score.

    Raises:
        UserError: as `finetune`, but for the loss.
    """
    stopwatch = Stopwatch()
    with _prepared(run, checkpoints, keep_weights=False) as (data, restarts):
        trained = _train_in_memory(run, data, checkpoints, keep_weights=False)
        write_json(output, run_record(run, trained, data.features, restarts=restarts, stopwatch=stopwatch))


def _train_until_it_learns(run: Run, data: "Data", checkpoints: Path) -> tuple[Trained, list[dict[str, Any]]]:
    """Train; after a collapse again, as settings.collapse says. The last attempt is kept; how each ended is told.

    Attempts that were over before a restart stand in attempts.json. Each has checkpoints of its own.
    """
    settings, path = run.settings, checkpoints / "attempts.json"
    attempts: list[dict[str, Any]] = read_json(path) if path.exists() else []
    while True:
        row, number = settings.hyperparameters, len(attempts) + 1
        seed, rate = attempt_of(run.seed, row.learning_rate, settings.collapse, len(attempts))
        changed = settings.model_copy(update={"hyperparameters": row.model_copy(update={"learning_rate": rate})})
        folder = checkpoints / f"attempt-{number}" if attempts else checkpoints
        trained = _train_in_memory(run._replace(seed=seed, settings=changed), data, folder, keep_weights=True)
        outcome = outcome_of(trained, settings)
        attempts.append({"seed": seed, "learning_rate": rate, **outcome})
        if not outcome["collapsed"] or number >= settings.collapse.attempts:
            return trained, attempts
        write_json(path, attempts)
        logging.info("attempt %d collapsed (%s): training again", number, outcome["collapsed"])


class Data(NamedTuple):
    """What a run learns from, and what it is held against after each epoch."""

    train: Features
    development: Development

    @property
    def features(self) -> tuple[Features, Features]:
        return self.train, self.development.features


@contextmanager
def _prepared(run: Run, checkpoints: Path, *, keep_weights: bool) -> Iterator[tuple[Data, int]]:
    """The checked data of a run, and how often it was started before; its checkpoints go when the block ends well."""
    manifest = _check_model(run)
    data = Data(
        open_features(run.train, run.tokenizer),
        open_development(run.dev, run.dev_examples, run.settings, run.tokenizer),
    )
    check_task(data.train, run.settings.kind, run.settings.labels)
    most = max_tokens(config_in(run.model_folder))
    _check_row(run, most)
    for features in data.features:
        _check_length(features, most, run.model)
        logging.info("%s", summary_of(features.path, features.metadata))
    ingredients = _ingredients(run, manifest, data) | {"keep_weights": keep_weights}
    with locked(checkpoints):
        yield data, open_checkpoints(checkpoints, fingerprint_of(ingredients))
        rmtree(checkpoints)


def _train_in_memory(run: Run, data: Data, checkpoints: Path, *, keep_weights: bool) -> Trained:
    """Train with the largest micro-batch that fits the device; the effective batch stays that of Annex A."""
    micro_batch = run.settings.hyperparameters.batch_size
    effective_batch = micro_batch * run.settings.hyperparameters.gradient_accumulation_steps
    while True:
        try:
            return _train(run, data, checkpoints, micro_batch, keep_weights)
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


def _train(run: Run, data: Data, checkpoints: Path, micro_batch: int, keep_weights: bool) -> Trained:
    headed: Headed = add_head(run.model_folder, run.settings.kind, run.settings.labels, run.seed)
    arguments = training_arguments(run.settings, micro_batch, run.seed, checkpoints, keep_weights=keep_weights)
    log = RunLog(metric_of(run.settings), tolerant=not keep_weights)
    trainer = make_trainer(headed.model, data.train, data.development, arguments, log)
    checkpoint = last_checkpoint(checkpoints)
    if checkpoint is not None:
        logging.info("continuing from %s", checkpoint)
        state = read_json(checkpoint / "trainer_state.json")
        if is_over(state["log_history"], arguments, run.settings.optimization.patience):
            arguments.num_train_epochs = round(state["epoch"])
    trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
    if arguments.load_best_model_at_end and trainer.state.best_model_checkpoint is None:
        raise UserError(
            "the checkpoint of the best epoch is gone", where=checkpoints, remedy="Delete the folder and run again."
        )
    return Trained(headed, trainer.args, trainer.state)


def _check_model(run: Run) -> dict[str, Any]:
    """The model's manifest, after its name, its tokenizer and its architecture have been held against the run's."""
    path = run.model_folder / "manifest.json"
    manifest: dict[str, Any] = read_json(path)
    if manifest["model"] != run.model:
        raise UserError(f"the folder holds the model {manifest['model']}, expected {run.model}", where=path)
    if manifest["tokenizer"] != run.tokenizer.fingerprint:
        raise UserError(
            f"the model was made with the tokenizer {manifest['tokenizer']}, expected {run.tokenizer.fingerprint}",
            where=path,
            remedy="Make the model again with this tokenizer.",
        )
    found = shape_of(config_in(run.model_folder))
    if found != manifest["architecture"]:
        raise UserError(
            f"the architecture is {found}, that in {path} is {manifest['architecture']}",
            where=run.model_folder / "config.json",
            remedy="Make the model again from its source.",
        )
    return manifest


def _check_row(run: Run, most: int) -> None:
    """The plan asks the same, as far as it knows the model's positions before its source is fetched."""
    length = run.settings.hyperparameters.max_length
    if length > most:
        raise UserError(
            f"finetuning.rows: length {length} for {run.task}, but models.{run.model} takes {most}",
            remedy=f"Give the row of task {run.task} and model {run.model} a max_length of {most} or less.",
        )


def _check_length(features: Features, most: int, model: str) -> None:
    longest = int(features.lengths().max())
    if longest > most:
        raise UserError(
            f"a sequence has {longest} tokens, {model} takes {most}",
            where=features.path,
            remedy="Set a shorter max_length.",
        )


def _ingredients(run: Run, manifest: dict[str, Any], data: Data) -> dict[str, Any]:
    """Everything that a change of makes checkpoints useless."""
    return {
        "settings": run.settings.model_dump(),
        "seed": run.seed,
        "weights": manifest["weights_sha256"],
        "train": data.train.metadata["arrays_sha256"],
        "dev": data.development.features.metadata["arrays_sha256"],
        "dev_examples": data.development.features.metadata["examples_sha256"],
        "code": run.code,
    }
