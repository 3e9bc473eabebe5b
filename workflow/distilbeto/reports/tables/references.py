"""What others published, as they printed it: rows beside ours, and publications that ours are held against."""

import csv
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError

FOLDER = Path(__file__).parent / "reference"
# Of each publication with models that are measured here: how it is cited, and which of our protocols scores as it did.
SOURCES = {
    "thesis": "Donoso (2021)",
    "lrec2022": "Cañete et al. (2022)",
    "speedy_gonzales": "Cañete & Bravo-Marquez (2024)",
    "evales": "PlanTL-GOB-ES (2023)",
}
PROTOCOLS = {"thesis": "thesis", "lrec2022": "official", "speedy_gonzales": "official", "evales": "official"}


class Published(NamedTuple):
    """A printed number: `value` is None where the cell is blank; `slip` says what is wrong with it."""

    model: str
    task: str
    test: str
    metric: str
    value: float | None
    table: str = ""
    slip: str = ""
    name: str = ""
    superscript: str = ""
    source: str = ""


def read_published(source: str, folder: Path = FOLDER) -> list[Published]:
    """All numbers of {source}.csv: of a publication in `SOURCES`, or literature, the rows of the thesis's tables.

    Raises:
        UserError: a value is no number.
    """
    path = folder / f"{source}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return [_published(path, line, entry) for line, entry in enumerate(csv.DictReader(file), start=2)]


def averaged_tests(source: str) -> set[tuple[str, str]]:
    """The (task, test) pairs that the averages of a publication are over: all that it has scores of."""
    return {(entry.task, entry.test) for entry in read_published(source) if entry.test}


def _published(path: Path, line: int, entry: dict[str, str]) -> Published:
    try:
        value = float(entry["value"]) if entry["value"] else None
    except ValueError:
        raise UserError(f"not a number: {entry['value']!r}", where=path, line=line) from None
    return Published(**{**entry, "value": value})  # type: ignore[arg-type]
