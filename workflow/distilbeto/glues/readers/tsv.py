"""Rows of tab-separated files with a header and without quoting: a quotation mark is a character like any other."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.readers.lines import lines_of


def header_of(path: Path, encoding: str) -> list[str]:
    """The names of the columns; empty for an empty file."""
    return next((line.split("\t") for _, line in lines_of(path, encoding)), [])


def rows_of(
    path: Path, encoding: str, columns: Sequence[str], *, only: Mapping[str, str] | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Line number and values of `columns` of each row; with `only`, of the rows that have these values.

    Raises:
        UserError: a column is missing in the header, or a row has another number of columns than it.
    """
    header = header_of(path, encoding)
    wanted = [_place(column, header, path) for column in columns]
    required = {_place(column, header, path): value for column, value in (only or {}).items()}
    for number, line in lines_of(path, encoding):
        values = line.split("\t")
        if number == 1 or any(place < len(values) and values[place] != value for place, value in required.items()):
            continue
        if len(values) != len(header):
            raise UserError(
                f"expected {len(header)} columns separated by tabs, found {len(values)}", where=path, line=number
            )
        yield number, [values[place] for place in wanted]


def _place(column: str, header: Sequence[str], path: Path) -> int:
    if column not in header:
        raise UserError(
            f"no column {column!r} in the header; it has: {', '.join(header)[:200] or 'nothing'}",
            where=path,
            line=1,
            remedy="Expected tabs between columns and their names in the first line.",
        )
    return header.index(column)
