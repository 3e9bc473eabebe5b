"""Sums of energy by stage, as tables and as CSV."""

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from distilbeto.footprint.intensity import KILOGRAMS_IN_A_POUND, Emission
from distilbeto.footprint.records import STAGES, Energy
from distilbeto.tables.model import Cell, Number, Row, Table

HEADINGS = ("jobs", "hours", "processor_kwh", "gpu_kwh", "kg_co2e")
SMALL_HEADINGS = ("jobs", "hours", "processor_wh", "gpu_wh", "g_co2e")
COLUMNS = ("stage", "job", "jobs", "recorded", "tries", "seconds", "cpu_seconds", "processor_kwh", "gpu_kwh", "kg_co2e")
NO_RECORD = "no record"
NO_COUNTER = "no counter"
TOTAL = "total"


class Sum(NamedTuple):
    """Of the jobs of a stage; None where no job is recorded, and for a GPU's that had no counter."""

    stage: str
    jobs: int
    recorded: int
    tries: int
    seconds: float
    cpu_seconds: float
    estimated: float
    processor: float | None
    gpu: float | None

    def kilograms(self, kilograms_per_kwh: float) -> float | None:
        return None if self.processor is None or self.gpu is None else (self.processor + self.gpu) * kilograms_per_kwh


def sum_of(stage: str, jobs: Sequence[Energy]) -> Sum:
    """Jobs without a record count as such, and add nothing."""
    recorded = [job for job in jobs if job.processor is not None]
    gpus = [job.gpu for job in recorded]
    return Sum(
        stage,
        len(jobs),
        len(recorded),
        sum(job.tries for job in recorded),
        sum(job.seconds for job in recorded),
        sum(job.cpu_seconds for job in recorded),
        sum(job.estimated for job in recorded),
        sum(job.processor or 0.0 for job in recorded) if recorded else None,
        sum(gpu or 0.0 for gpu in gpus) if recorded and None not in gpus else None,
    )


def sums_of(jobs: Sequence[Energy]) -> list[Sum]:
    """One of each stage that has jobs, in the order of the chain, and the total."""
    stages = [stage for stage in STAGES if any(job.stage == stage for job in jobs)]
    return [*(sum_of(stage, [job for job in jobs if job.stage == stage]) for stage in stages), sum_of(TOTAL, jobs)]


def stage_table(sums: Sequence[Sum], kilograms_per_kwh: float, remarks: Sequence[str]) -> Table:
    """Table E.1, in Wh and grams where the total is below a kWh."""
    small = (sums[-1].processor or 0.0) + (sums[-1].gpu or 0.0) < 1
    headings, factor = (SMALL_HEADINGS, 1000) if small else (HEADINGS, 1)
    rows = tuple(
        Row(each.stage, f"stage.{each.stage}", _cells(each, kilograms_per_kwh, headings, factor)) for each in sums
    )
    return Table("E.1", "", headings, rows, topic="energy", first="stage", remarks=tuple(remarks))


def emission_table(total: Sum, kilograms_per_kwh: float, published: Sequence[Emission]) -> Table:
    """Table E.2: the total among the rows of the thesis's Table 3.2."""
    own = total.kilograms(kilograms_per_kwh)
    pounds = {"this": None if own is None else own / KILOGRAMS_IN_A_POUND}
    pounds |= {emission.key: emission.pounds for emission in published}
    rows = tuple(Row(key, f"emission.{key}", _emission_cells(value)) for key, value in pounds.items())
    return Table("E.2", "", ("kg_co2e", "lb_co2e"), rows, topic="emissions", first="what")


def csv_of(sums: Sequence[Sum], jobs: Sequence[Energy], kilograms_per_kwh: float) -> str:
    """The sums, or each job with `job` filled; blank where nothing is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    lines = [("", each) for each in sums] + [(job.job, sum_of(job.stage, [job])) for job in jobs]
    for name, each in lines:
        known = (each.tries, each.seconds, each.cpu_seconds) if each.recorded else ("", "", "")
        values = (each.processor, each.gpu, each.kilograms(kilograms_per_kwh))
        shown = ("" if value is None else value for value in values)
        writer.writerow((each.stage, name, each.jobs, each.recorded, *known, *shown))
    return text.getvalue()


def _cells(each: Sum, kilograms_per_kwh: float, headings: Sequence[str], factor: float) -> tuple[Cell, ...]:
    hours = each.seconds / 3600 if each.recorded else None
    energies = (each.processor, each.gpu, each.kilograms(kilograms_per_kwh))
    scaled = (None if value is None else value * factor for value in energies)
    note = NO_COUNTER if each.recorded else NO_RECORD
    cells = (_cell(metric, value, note) for metric, value in zip(headings[1:], (hours, *scaled), strict=True))
    return (_cell("jobs", each.jobs, ""), *cells)


def _emission_cells(pounds: float | None) -> tuple[Cell, ...]:
    kilograms = None if pounds is None else pounds * KILOGRAMS_IN_A_POUND
    return (_cell("kg_co2e", kilograms, NO_RECORD), _cell("lb_co2e", pounds, NO_RECORD))


def _cell(metric: str, value: float | None, note: str) -> Cell:
    return Cell("", "", (), note=note) if value is None else Cell("", "", (Number(metric, (value,)),))
