"""Sums of energy by stage, as tables and as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from pandas import DataFrame

from distilbeto.reports.energy.intensity import KILOGRAMS_IN_A_POUND, Emission
from distilbeto.reports.energy.records import STAGES, Job, Spent
from distilbeto.reports.tables.frame import Table, summary, tidy

HEADINGS = ("jobs", "hours", "processor_kwh", "gpu_kwh", "kg_co2e")
SMALL_HEADINGS = ("jobs", "hours", "processor_wh", "gpu_wh", "g_co2e")
COLUMNS = ("stage", "job", "jobs", "recorded", "tries", "seconds", "cpu_seconds", "processor_kwh", "gpu_kwh", "kg_co2e")
NO_RECORD = "no record"
NO_COUNTER = "no counter"
TOTAL = "total"


class Sum(NamedTuple):
    """Of the jobs of a stage; `spent` by those that are recorded, None where none is."""

    stage: str
    jobs: int
    recorded: int
    spent: Spent | None


def sum_of(stage: str, jobs: Sequence[Job]) -> Sum:
    """Jobs without a record count as such, and add nothing."""
    recorded = [job.spent for job in jobs if job.spent]
    return Sum(stage, len(jobs), len(recorded), _added(recorded) if recorded else None)


def _added(parts: Sequence[Spent]) -> Spent:
    gpus = [part.gpu for part in parts if part.gpu is not None]
    return Spent(
        tries=sum(part.tries for part in parts),
        seconds=sum(part.seconds for part in parts),
        cpu_seconds=sum(part.cpu_seconds for part in parts),
        estimated=sum(part.estimated for part in parts),
        processor=sum(part.processor for part in parts),
        gpu=sum(gpus) if len(gpus) == len(parts) else None,
    )


def kilograms_of(spent: Spent, kilograms_per_kwh: float) -> float | None:
    """Of CO2 equivalent; None where the energy of a GPU is not known."""
    return None if spent.gpu is None else (spent.processor + spent.gpu) * kilograms_per_kwh


def sums_of(jobs: Sequence[Job]) -> list[Sum]:
    """One of each stage that has jobs, in the order of the chain, and the total."""
    stages = [stage for stage in STAGES if any(job.stage == stage for job in jobs)]
    return [*(sum_of(stage, [job for job in jobs if job.stage == stage]) for stage in stages), sum_of(TOTAL, jobs)]


def stage_table(sums: Sequence[Sum], kilograms_per_kwh: float, remarks: Sequence[str]) -> Table:
    """Table E.1, in Wh and grams where the total is below a kWh."""
    total = sums[-1].spent
    small = total is None or total.processor + (total.gpu or 0.0) < 1
    headings, factor = (SMALL_HEADINGS, 1000) if small else (HEADINGS, 1)
    rows = []
    for each in sums:
        _, seconds, _, *energies = _values(each.spent, kilograms_per_kwh)
        hours = None if seconds is None else seconds / 3600
        scaled = (None if value is None else value * factor for value in energies)
        note = NO_COUNTER if each.recorded else NO_RECORD
        rows.append((f"stage.{each.stage}", (each.jobs, hours, *scaled), note))
    numbers = _numbers("E.1", headings, rows)
    return Table("E.1", headings, numbers, topic="energy", first="stage", remarks=tuple(remarks))


def emission_table(total: Sum, kilograms_per_kwh: float, published: Sequence[Emission]) -> Table:
    """Table E.2: the total among the rows of the thesis's Table 3.2."""
    own = kilograms_of(total.spent, kilograms_per_kwh) if total.spent else None
    pounds = {"this": None if own is None else own / KILOGRAMS_IN_A_POUND}
    pounds |= {emission.key: emission.pounds for emission in published}
    headings = ("kg_co2e", "lb_co2e")
    rows = [
        (f"emission.{key}", (None if value is None else value * KILOGRAMS_IN_A_POUND, value), NO_RECORD)
        for key, value in pounds.items()
    ]
    return Table("E.2", headings, _numbers("E.2", headings, rows), topic="emissions", first="what")


def _numbers(table: str, metrics: Sequence[str], rows: Sequence[tuple[str, Sequence[float | None], str]]) -> DataFrame:
    """The printed numbers of rows: of each its name, its values, and why one may be missing."""
    places = (
        {"table": table, "row": row, "column": column, "name": name, "metric": metric, "value": value}
        | {"note": note if value is None else ""}
        for row, (name, values, note) in enumerate(rows)
        for column, (metric, value) in enumerate(zip(metrics, values, strict=True))
    )
    return summary(tidy(places))


def csv_of(sums: Sequence[Sum], jobs: Sequence[Job], kilograms_per_kwh: float) -> str:
    """The sums, or each job with `job` filled; blank where nothing is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    lines = [("", each) for each in sums] + [(job.name, sum_of(job.stage, [job])) for job in jobs]
    for name, each in lines:
        values = _values(each.spent, kilograms_per_kwh)
        shown = ("" if value is None else value for value in values)
        writer.writerow((each.stage, name, each.jobs, each.recorded, *shown))
    return text.getvalue()


def _values(spent: Spent | None, kilograms_per_kwh: float) -> tuple[float | None, ...]:
    """Tries, seconds, seconds of the processor; kWh of processor and GPU; kilograms."""
    if spent is None:
        return (None,) * 6
    kilograms = kilograms_of(spent, kilograms_per_kwh)
    return (spent.tries, spent.seconds, spent.cpu_seconds, spent.processor, spent.gpu, kilograms)
