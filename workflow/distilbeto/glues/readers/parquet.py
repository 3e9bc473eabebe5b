"""Rows of Parquet files as the Hugging Face Hub has them: texts, and a class as a number."""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError

SUFFIX = ".parquet"
ID, LABEL = "id", "label"


def parquet_rows(path: Path, columns: Sequence[str], classes: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Number of each row (from 1); the values of `columns` as text, and the name of its class after them.

    The column `label` holds the place of the class in `classes`.

    Raises:
        UserError: no Parquet file, or a damaged one; a column is missing; a value is missing or no text or number; a
            label names no class.
    """
    import pyarrow  # type: ignore[import-untyped]
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            _check_columns(file.schema_arrow.names, (*columns, LABEL), path)
            numbers = count(1)
            for batch in file.iter_batches(columns=[*columns, LABEL]):
                for record in batch.to_pylist():
                    number = next(numbers)
                    texts = [_text(record[name], name, path, number) for name in columns]
                    yield number, [*texts, _class(record[LABEL], classes, path, number)]
    except (pyarrow.ArrowException, UnicodeDecodeError, OSError) as error:
        raise UserError(
            f"not a Parquet file, or damaged: {str(error).partition('. ')[0]}",
            where=path,
            remedy="Fetch the file again.",
        ) from None


def _check_columns(found: Sequence[str], expected: Sequence[str], path: Path) -> None:
    missing = [name for name in expected if name not in found]
    if missing:
        raise UserError(f"no column {', '.join(missing)}; it has: {', '.join(found)[:200] or 'nothing'}", where=path)


def _text(value: Any, column: str, path: Path, row: int) -> str:
    if type(value) is not str and (type(value) is not int or column != ID):
        raise UserError(f"row {row}: expected a text in the column {column}, found {value!r}", where=path)
    return str(value)


def _class(value: Any, classes: Sequence[str], path: Path, row: int) -> str:
    if type(value) is not int or not 0 <= value < len(classes):
        names = ", ".join(f"{number} ({name})" for number, name in enumerate(classes))
        raise UserError(f"row {row}: expected a label {names}, found {value!r}", where=path)
    return classes[value]
