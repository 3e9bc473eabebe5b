"""Settings of the energy: no result but their own table depends on them."""

from typing import Literal

from pydantic import Field

from distilbeto.settings import Block


class EnergySettings(Block):
    record: bool = Field(True, description="Append what each job takes to a file beside its log.")
    country: str = Field("CHL", pattern="^[A-Z]{3}$", description="Where the machines stand: ISO 3166-1 alpha-3.")
    grams_per_kwh: float | None = Field(None, ge=0, description="CO2 of the electricity; null: the country's.")
    watts_per_core: float = Field(
        12.0, gt=0, description="Of a busy core, where the processor's counter cannot be read."
    )
    overhead: float = Field(
        1.0, ge=1, description="Power usage effectiveness: what the building takes, for each kWh of its machines."
    )


class FootprintSettings(Block):
    """All that the table depends on but the records."""

    energy: EnergySettings
    language: Literal["es", "en"] = "es"
    note: str = Field("", description="Added to every caption, such as the word miniature.")
