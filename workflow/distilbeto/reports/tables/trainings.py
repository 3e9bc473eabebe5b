"""Tables 5.1 and A.1-A.7: how long each fine-tuning took, and the hyperparameters that it ran with."""

import pandas as pd
from pandas import DataFrame

from distilbeto.reports.tables.frame import ABOVE, Table, look_up, select, tidy
from distilbeto.reports.tables.measurements import HYPERPARAMETERS, WEIGHT_DECAY
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
        for column, metric in enumerate(_columns(measured, trained.task))
    ]
    return look_up(tidy(wanted), measured, settings.missing, "run.json")


def hyperparameter_tables(settings: AssemblySettings, printed: DataFrame) -> list[Table]:
    tables = []
    for number, trained in _annex(settings):
        numbers = select(printed, number)
        headings = tuple(_columns(numbers, trained.task).values())
        tables.append(Table(number, headings, numbers, "", "hyperparameters", trained.name, grid=settings.grid))
    return tables


def _columns(numbers: DataFrame, task: str) -> dict[str, str]:
    """Those of the table of a task, and their headings: with the weight decay where all of its runs have one."""
    of_task = numbers[numbers.task == task]
    runs = of_task[of_task.metric == "epochs"].model
    with_decay = of_task[of_task.metric.isin(WEIGHT_DECAY)].model
    return HYPERPARAMETERS | (WEIGHT_DECAY if len(runs) and {*runs} == {*with_decay} else {})


def _annex(settings: AssemblySettings) -> list[tuple[str, TaskName]]:
    return [(f"A.{number}", trained) for number, trained in enumerate(settings.annex, start=1)]
