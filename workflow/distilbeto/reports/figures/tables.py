"""The tables' CSV files, as figures read them."""

import csv
from collections.abc import Sequence
from pathlib import Path

from distilbeto.errors import UserError


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a table that have a value.

    Raises:
        UserError: the file is missing, or lacks one of `columns`.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            absent = [column for column in columns if column not in (reader.fieldnames or ())]
            rows = list(reader)
    except FileNotFoundError:
        raise UserError(
            "no such file", where=path, remedy="Make the tables first: snakemake results/tables.tex"
        ) from None
    if absent:
        raise UserError(f"no column {', '.join(absent)}", where=path, remedy="Make the tables again.")
    return [row for row in rows if row["value"]]
