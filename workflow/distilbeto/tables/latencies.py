"""Table 5.5 as data: parameters and seconds of each timed model, the fastest first."""

from typing import Any

from distilbeto.errors import UserError
from distilbeto.tables.model import Cell, Number, Row
from distilbeto.tables.settings import AssemblySettings, ModelRow


def latency_rows(settings: AssemblySettings, latencies: dict[str, dict[str, Any]]) -> list[Row]:
    """The rows of Table 5.5; models without a time stand last.

    Raises:
        UserError: a model that is not said to be missing has no time.
    """
    rows = [
        Row(model.key, model.latency_name or model.name, _cells(settings, latencies.get(model.key), model))
        for model in settings.models
        if model.latency
    ]
    return sorted(rows, key=lambda row: row.cells[1].numbers[0].value if row.cells[1].numbers else float("inf"))


def _cells(settings: AssemblySettings, record: dict[str, Any] | None, model: ModelRow) -> tuple[Cell, Cell]:
    if record is None:
        if model.key not in settings.missing:
            raise UserError(f"no latency file for {model.key}", remedy="Name it after --latencies.")
        absent = Cell("", "", (), note=settings.missing[model.key])
        return absent, absent
    parameters = Number("parameters", (record["parameters"] / 1e6,))
    return Cell("", "", (parameters,)), Cell("", "", (Number("seconds", tuple(record["seconds"])),))
