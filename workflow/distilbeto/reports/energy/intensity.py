"""How much CO2 a country's electricity makes, and what else makes how much."""

import csv
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError
from distilbeto.reports.energy.settings import EnergySettings

FOLDER = Path(__file__).parent / "reference"
COUNTRIES = FOLDER / "carbon_intensity.csv"
EMISSIONS = FOLDER / "strubell2019.csv"
KILOGRAMS_IN_A_POUND = 0.45359237


class Intensity(NamedTuple):
    """Grams of CO2 equivalent for each kWh; the country and the year are empty where the settings say the grams."""

    grams_per_kwh: float
    country: str = ""
    year: str = ""


class Emission(NamedTuple):
    """A row of Table 3.2."""

    key: str
    pounds: float


def intensity_of(settings: EnergySettings) -> Intensity:
    """What the settings say, or else the yearly mean of their country.

    Raises:
        UserError: the country is not among those that are known here.
    """
    if settings.grams_per_kwh is not None:
        return Intensity(settings.grams_per_kwh)
    countries = {entry["country"]: entry for entry in _entries(COUNTRIES)}
    if settings.country not in countries:
        raise UserError(
            f"energy.country: no value for {settings.country}; known: {', '.join(countries)}",
            remedy="Give energy.grams_per_kwh.",
        )
    entry = countries[settings.country]
    return Intensity(float(entry["grams_per_kwh"]), entry["name"], entry["year"])


def published_emissions() -> list[Emission]:
    """The rows of Table 3.2, as Strubell et al. (2019) have them."""
    return [Emission(entry["key"], float(entry["pounds"])) for entry in _entries(EMISSIONS)]


def _entries(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
