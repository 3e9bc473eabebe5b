"""Tables 5.1 and A.1-A.7: how long each fine-tuning took, and the hyperparameters that it ran with."""

import pandas as pd
from pandas import DataFrame

from distilbeto.reports.tables.frame import ABOVE, Table, look_up, select, tidy
from distilbeto.reports.tables.measurements import HYPERPARAMETERS
from distilbeto.reports.tables.settings import AssemblySettings, TaskName


def training_numbers(settings: AssemblySettings, measured: DataFrame) -> DataFrame:
    """Table 5.1: seconds of each training, below the number of its examples.

    Raises:
        UserError: a run is neither there nor said to be missing.
    """
    tasks = _tasks(settings)
    wanted = [
        {"row": row, "model": model.key, "name": model.short_name, "column": column, "task": task}
        | {"metric": "train_seconds", "seed": seed}
        for row, model in enumerate(settings.measured)
        for column, task in enumerate(tasks)
        for seed in settings.seeds
    ]
    examples = measured[measured.metric == "examples"].drop_duplicates("task")[["task", "metric", "value"]]
    above = pd.DataFrame(enumerate(tasks), columns=["column", "task"]).merge(examples, on="task")
    numbers = look_up(tidy(wanted), measured, settings.missing, "run.json")
    return pd.concat([tidy(above.assign(row=ABOVE, name="examples")), numbers]).assign(table="5.1")


def training_table(settings: AssemblySettings, printed: DataFrame) -> Table:
    return Table("5.1", tuple(_tasks(settings).values()), select(printed, "5.1"))


def _tasks(settings: AssemblySettings) -> dict[str, str]:
    """The columns of Table 5.1 and their headings."""
    return {column.task: column.heading.partition(",")[0] for column in settings.columns}


def hyperparameter_numbers(settings: AssemblySettings, measured: DataFrame) -> DataFrame:
    """Tables A.1-A.7: one of each task, in the order of the annex; of several seeds, the first one's.

    Raises:
        UserError: a run is neither there nor said to be missing.
    """
    wanted = [
        {"table": number, "row": row, "column": column, "metric": metric}
        | {"model": model.key, "name": model.short_name, "task": trained.task, "seed": settings.seeds[0]}
        for number, trained in _annex(settings)
        for row, model in enumerate(settings.measured)
        for column, metric in enumerate(HYPERPARAMETERS)
    ]
    return look_up(tidy(wanted), measured, settings.missing, "run.json")


def hyperparameter_tables(settings: AssemblySettings, printed: DataFrame) -> list[Table]:
    headings = tuple(HYPERPARAMETERS.values())
    return [
        Table(number, headings, select(printed, number), "", "hyperparameters", trained.name, grid=settings.grid)
        for number, trained in _annex(settings)
    ]


def _annex(settings: AssemblySettings) -> list[tuple[str, TaskName]]:
    return [(f"A.{number}", trained) for number, trained in enumerate(settings.annex, start=1)]
