"""What a search leaves: the chosen hyperparameters, and all points beside their scores."""

import csv
import io
from collections.abc import Iterable, Sequence
from math import isnan
from pathlib import Path
from typing import Any

from distilbeto.search.choose import Trial
from distilbeto.search.settings import ChoiceSettings
from distilbeto.storage.files import read_json

COLUMNS = (
    "grid",
    "model",
    "task",
    "point",
    "batch_size",
    "learning_rate",
    "epochs",
    "max_length",
    "kept_epoch",
    "dev_loss",
    "dev_metric",
    "dev_score",
    "criterion",
    "chosen",
    "weight_decay",
)


def chosen_record(trial: Trial) -> dict[str, Any]:
    """The file that fine-tunings read. It says nothing else, so that they run again only if the choice changes."""
    return {"hyperparameters": trial.hyperparameters.model_dump(exclude_none=True)}


def search_record(
    model: str, task: str, settings: ChoiceSettings, trials: Sequence[Trial], best: Trial
) -> dict[str, Any]:
    """The whole search of one run, the best point first."""
    ordered = [best, *(trial for trial in trials if trial is not best)]
    return {
        "model": model,
        "task": task,
        "seed": best.seed,
        "grid": settings.grid,
        "criterion": settings.criterion,
        "chosen": best.point.name,
        "points": [_point_record(trial) for trial in ordered],
    }


def _point_record(trial: Trial) -> dict[str, Any]:
    return {
        "point": trial.point.name,
        **{name: value for name, value in trial.point._asdict().items() if value is not None},
        "max_length": trial.max_length,
        "kept_epoch": trial.kept_epoch,
        "dev_loss": None if isnan(trial.loss) else trial.loss,
        "dev_metric": trial.metric,
        "dev_score": None if isnan(trial.score) else trial.score,
    }


def search_csv(paths: Iterable[Path]) -> str:
    """All points of all runs, one a line, from the records of the searches."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for path in paths:
        record = read_json(path)
        run = {name: record[name] for name in ("grid", "model", "task", "criterion")}
        for point in record["points"]:
            writer.writerow({**run, **point, "chosen": int(point["point"] == record["chosen"])})
    return text.getvalue()
