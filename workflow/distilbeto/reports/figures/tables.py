"""The tables' CSV files, as figures read them."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from pandas import DataFrame

from distilbeto.errors import UserError


def read_table(path: Path, columns: Sequence[str]) -> DataFrame:
    """The rows of a table that have a value, as text but for the value.

    Raises:
        UserError: the file is missing, or lacks one of `columns`.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(
            "no such file", where=path, remedy="Make the tables first: snakemake results/tables.tex"
        ) from None
    absent = [column for column in columns if column not in frame]
    if absent:
        raise UserError(f"no column {', '.join(absent)}", where=path, remedy="Make the tables again.")
    return frame[frame.value != ""].astype({"value": float})
