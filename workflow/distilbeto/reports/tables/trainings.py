"""Tables 5.1 and A.1-A.7 as data: how long each fine-tuning took, and the hyperparameters that it ran with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.job.renames import renamed
from distilbeto.reports.tables.results import record_of
from distilbeto.reports.tables.settings import AssemblySettings, ModelRow
from distilbeto.reports.tables.table import Cell, Number, Row, Table

ABBREVIATIONS = {
    "batch_size": "bs",
    "accumulation": "ag",
    "max_length": "msl",
    "learning_rate": "lr",
    "epochs": "e",
}
KEYS = ("model", "task", "seed", "hyperparameters", "train_seconds", "examples")

Runs = Mapping[tuple[str, str], Mapping[int, dict[str, Any]]]


def read_runs(paths: Sequence[Path]) -> Runs:
    """The records of fine-tunings by (model, task) and seed.

    Raises:
        UserError: a file is no such record.
    """
    runs: dict[tuple[str, str], dict[int, dict[str, Any]]] = {}
    for path in paths:
        record = renamed(record_of(path, KEYS))
        runs.setdefault((record["model"], record["task"]), {})[record["seed"]] = record
    return runs


def training_times(settings: AssemblySettings, runs: Runs) -> Table:
    """Table 5.1: seconds of each training, below the number of its examples.

    Raises:
        UserError: a run is neither there nor said to be missing.
    """
    columns = {column.task: column.heading.partition(",")[0] for column in settings.columns}
    rows = [
        Row(model.key, model.short_name, tuple(_time(settings, runs, model, task) for task in columns))
        for model in settings.measured
    ]
    counts = Row("", "examples", tuple(_examples(runs, task) for task in columns))
    return Table("5.1", "", tuple(columns.values()), tuple(rows), above=counts)


def hyperparameter_tables(settings: AssemblySettings, runs: Runs) -> list[Table]:
    """Tables A.1-A.7: one of each task, in the order of the annex.

    Raises:
        UserError: a run is neither there nor said to be missing.
    """
    return [
        Table(
            f"A.{number}",
            "",
            tuple(ABBREVIATIONS.values()),
            tuple(
                Row(model.key, model.short_name, _hyperparameters(settings, runs, model, trained.task))
                for model in settings.measured
            ),
            settings.grid,
            topic="hyperparameters",
            subject=trained.name,
        )
        for number, trained in enumerate(settings.annex, start=1)
    ]


def _time(settings: AssemblySettings, runs: Runs, model: ModelRow, task: str) -> Cell:
    records = _records(settings, runs, model, task)
    if isinstance(records, str):
        return Cell(task, "", (), note=records)
    return Cell(task, "", (Number("train_seconds", tuple(record["train_seconds"] for record in records)),))


def _examples(runs: Runs, task: str) -> Cell:
    counts = [record["examples"] for (_, of), seeds in runs.items() if of == task for record in seeds.values()]
    return Cell(task, "", (Number("examples", (counts[0],)),) if counts else ())


def _hyperparameters(settings: AssemblySettings, runs: Runs, model: ModelRow, task: str) -> tuple[Cell, ...]:
    """Those of the first seed. Where memory is short, the batch differs from the configuration's, not times `ag`."""
    records = _records(settings, runs, model, task)
    if isinstance(records, str):
        return tuple(Cell(task, "", (), note=records) for _ in ABBREVIATIONS)
    values = records[0]["hyperparameters"]
    values = values | {"batch_size": values["micro_batch"], "accumulation": values["gradient_accumulation_steps"]}
    return tuple(Cell(task, "", (Number(name, (values[name],)),)) for name in ABBREVIATIONS)


def _records(settings: AssemblySettings, runs: Runs, model: ModelRow, task: str) -> list[dict[str, Any]] | str:
    """The records of all seeds, or why there are none."""
    reason = settings.missing.get(f"{model.key}/{task}") or settings.missing.get(model.key)
    if reason:
        return reason
    seeds = runs.get((model.key, task), {})
    absent = next((seed for seed in settings.seeds if seed not in seeds), None)
    if absent is not None:
        raise UserError(f"no run of {model.key} on {task}, seed {absent}", remedy="Name its run.json after --runs.")
    return [seeds[seed] for seed in settings.seeds]
