"""Tables 5.5 and A.8, and what follows 5.5: parameters and times on the CPU, on PyTorch and on onnxruntime."""

from statistics import fmean

import pandas as pd
from pandas import DataFrame

from distilbeto.reports.tables.frame import NOT_MEASURED, Table, joined, look_up, select, tidy, without_number
from distilbeto.reports.tables.measurements import FORMS, WORD_F1
from distilbeto.reports.tables.settings import AssemblySettings

# Metrics and headings of Table 5.5: the thesis has the first two.
TIMED = {
    "parameters": "parameters",
    "seconds": "seconds",
    "seconds.median": "median",
    "seconds.load": "load",
    "mebibytes": "memory",
}
SECONDS = list(TIMED).index("seconds")
QUANTITIES = {"seconds": "", "megabytes": "bytes", "f1": "score"}  # of each form; the seconds' heading is the form


def time_numbers(settings: AssemblySettings, measured: DataFrame) -> DataFrame:
    """Table 5.5: the timed models, the fastest first; those without a time stand last.

    Raises:
        UserError: a model that is not said to be missing has no time.
    """
    wanted = [
        {"table": "5.5", "protocol": "thesis", "row": row, "column": column, "metric": metric}
        | {"model": model.key, "name": model.short_name}
        for row, model in enumerate(model for model in settings.models if model.latency)
        for column, metric in enumerate(TIMED)
    ]
    numbers = look_up(tidy(wanted), measured, settings.missing, "latency file")
    millions = numbers.value.where(numbers.metric != "parameters", numbers.value / 1e6)
    means = numbers[numbers.column == SECONDS].groupby("row").value.agg(fmean)
    order = means.sort_values(kind="stable", na_position="last").index
    return joined([numbers.assign(value=millions, row=numbers.row.map({row: n for n, row in enumerate(order)}))])


def time_table(printed: DataFrame) -> Table:
    return Table("5.5", tuple(TIMED.values()), select(printed, "5.5", "thesis"), "thesis")


def run_numbers(settings: AssemblySettings, times: DataFrame) -> DataFrame:
    """Table A.8: the seconds of each run, and their mean."""
    cells = times[times.column == SECONDS].assign(table=_runs(settings), protocol="")
    known, lost = cells[cells.value.notna()], cells[cells.value.isna()]
    runs = known.run.max() if len(known) else 0
    each = known.assign(column=known.run - 1, metric="seconds." + known.run.astype(str))
    means = known.assign(value=known.groupby("row").value.transform(fmean), run=pd.NA).drop_duplicates("row")
    absent = [lost.assign(column=column) for column in range(runs + 1)]
    return tidy(joined([each, means.assign(column=runs, metric="seconds.mean"), *absent]))


def run_table(settings: AssemblySettings, printed: DataFrame) -> Table:
    numbers = select(printed, _runs(settings))
    runs = numbers.column.max() if len(numbers) else 0
    headings = (*(f"{run}°" for run in range(1, runs + 1)), "mean")
    return Table(_runs(settings), headings, numbers, topic="runs")


def _runs(settings: AssemblySettings) -> str:
    """The last table of the annex."""
    return f"A.{len(settings.annex) + 1}"


def onnx_numbers(settings: AssemblySettings, times: DataFrame, measured: DataFrame) -> DataFrame:
    """Seconds, megabytes and NER F1 of PyTorch, ONNX and int8, for the models of Table 5.5 in its order.

    The score is that of the first seed, over words.
    """
    place = {"task": settings.timed_task, "test": settings.timed_test, "metric": WORD_F1, "seed": settings.seeds[0]}
    scores = measured.merge(tidy([place])[list(place)], on=list(place)).assign(task="", test="", seed=pd.NA)
    seconds = times[times.column == SECONDS]
    pytorch = [scores.assign(metric="f1.pytorch"), seconds.assign(metric="seconds.pytorch")]
    known = pd.concat([measured, *pytorch])[["model", "metric", "run", "value"]]
    models = set(measured.model[measured.metric == "megabytes.pytorch"])
    metrics = [f"{quantity}.{form}" for form in FORMS.values() for quantity in QUANTITIES]
    rows = seconds[seconds.model.isin(models)].drop_duplicates("row")[["row", "model", "name"]]
    cells = rows.merge(pd.DataFrame(enumerate(metrics), columns=["column", "metric"]), how="cross")
    numbers = tidy(cells.merge(known, how="left", on=["model", "metric"]).assign(table="5.5", protocol="runtimes"))
    absent = numbers.value.isna()
    return joined([numbers[~absent], without_number(numbers[absent]).assign(note=NOT_MEASURED)])


def onnx_table(printed: DataFrame) -> Table:
    """Without rows where no model was exported."""
    numbers = select(printed, "5.5", "runtimes")
    headings = tuple(heading or form for form in FORMS.values() for heading in QUANTITIES.values())
    return Table("5.5", headings, numbers, "runtimes", "runtimes")
