"""From the records of a run to its tables and CSV files."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from distilbeto.reports.energy.intensity import Intensity, intensity_of, published_emissions
from distilbeto.reports.energy.records import read_jobs
from distilbeto.reports.energy.settings import EnergySettings
from distilbeto.reports.energy.sums import Sum, csv_of, emission_table, stage_table, sums_of
from distilbeto.reports.tables.format import decimals
from distilbeto.reports.tables.frame import Table
from distilbeto.reports.tables.text import Words


class Footprint(NamedTuple):
    """Tables E.1 and E.2; the texts of two CSV files."""

    tables: list[Table]
    stages: str
    jobs: str


def footprint_of(logs: Path, settings: EnergySettings, words: Words) -> Footprint:
    """What the jobs whose logs are in a folder took.

    Raises:
        UserError: a record is damaged, or the country is not known.
    """
    intensity = intensity_of(settings)
    kilograms_per_kwh = intensity.grams_per_kwh / 1000 * settings.overhead
    jobs = read_jobs(logs, settings.watts_per_core)
    sums = sums_of(jobs)
    remarks = list(_remarks(sums, settings, intensity, words))
    return Footprint(
        [
            stage_table(sums, kilograms_per_kwh, remarks),
            emission_table(sums[-1], kilograms_per_kwh, published_emissions()),
        ],
        csv_of(sums, [], kilograms_per_kwh),
        csv_of([], jobs, kilograms_per_kwh),
    )


def _remarks(sums: Sequence[Sum], settings: EnergySettings, intensity: Intensity, words: Words) -> Iterator[str]:
    """How the numbers came about: what was counted, what was estimated, what is not in them."""
    total, mark = sums[-1].spent, words.decimal_mark
    if total and total.estimated:
        share = 100 * total.estimated / total.cpu_seconds
        watts = decimals(settings.watts_per_core, mark, places=1)
        yield words.energy["estimated"].format(share=decimals(share, mark, places=0), watts=watts)
    grams = decimals(intensity.grams_per_kwh, mark, places=0)
    overhead = decimals(settings.overhead, mark)
    place = f" ({settings.country}, {intensity.year})" if intensity.year else ""
    yield words.energy["intensity"].format(grams=grams, place=place, overhead=overhead)
    for each in sums:
        if 0 < each.recorded < each.jobs:
            yield words.energy["incomplete"].format(
                missing=each.jobs - each.recorded, jobs=each.jobs, stage=words.headings[f"stage.{each.stage}"]
            )
