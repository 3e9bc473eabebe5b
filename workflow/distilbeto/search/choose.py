"""Choose the best point of a grid by its development score."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.finetuning.settings import Hyperparameters
from distilbeto.search.points import Point
from distilbeto.search.settings import Criterion
from distilbeto.storage.files import read_record

KEYS = ("model", "task", "seed", "hyperparameters", "development", "kept_epoch")
RETRY = "Delete the file and run the workflow again."


class Trial(NamedTuple):
    """A fine-tuning at a point. `score` is the development metric in percent; not a number where the run diverged."""

    point: Point
    seed: int
    max_length: int
    kept_epoch: int | None
    loss: float
    metric: str
    score: float

    @property
    def hyperparameters(self) -> Hyperparameters:
        return Hyperparameters(max_length=self.max_length, **self.point._asdict())


def read_trials(paths: Iterable[Path], model: str, task: str) -> list[Trial]:
    """The trials of a model and a task, one a file.

    Raises:
        UserError: a file is no record of a fine-tuning, is another run's, or is a point's second record.
    """
    trials: dict[Point, Trial] = {}
    for path in paths:
        record = read_record(path, KEYS)
        if (record["model"], record["task"]) != (model, task):
            found = f"{record['model']}/{record['task']}"
            raise UserError(f"the record of {found}, expected {model}/{task}", where=path, remedy=RETRY)
        trial = _trial(record)
        if trial.point in trials:
            raise UserError(f"a second record of {trial.point.name}", where=path, remedy=RETRY)
        trials[trial.point] = trial
    return list(trials.values())


def best_of(trials: Iterable[Trial], criterion: Criterion) -> Trial:
    """The trial of lowest development loss or of highest development metric.

    Of equals the one that costs least: fewer epochs, then a larger batch; then the lower learning rate, and the lower
    weight decay. Test scores play no part.

    Raises:
        UserError: no trial has a score.
    """
    ranked = [(_rank(trial, criterion), trial) for trial in trials]
    finite = [(rank, trial) for rank, trial in ranked if math.isfinite(rank)]
    if not finite:
        raise UserError(
            "no point of the grid has a development score: all of them diverged",
            remedy="Give the grid lower learning rates.",
        )
    return min(finite, key=lambda entry: (entry[0], *_cost(entry[1].point)))[1]


def _rank(trial: Trial, criterion: Criterion) -> float:
    """The lower the better."""
    return trial.loss if criterion == "lowest_loss" else -trial.score


def _cost(point: Point) -> tuple[float, ...]:
    return point.epochs, -point.batch_size, point.learning_rate, point.weight_decay or 0.0


def _trial(record: dict[str, Any]) -> Trial:
    settings, development = record["hyperparameters"], record["development"]
    return Trial(
        point=Point(
            settings["effective_batch"], settings["learning_rate"], settings["epochs"], settings.get("weight_decay")
        ),
        seed=record["seed"],
        max_length=settings["max_length"],
        kept_epoch=record["kept_epoch"],
        loss=_number(development["loss"]),
        metric=development["metric"],
        score=_number(development["score"]),
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value
