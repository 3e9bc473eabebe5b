"""Rows of a table, whatever file it is in: Parquet, CSV, TSV, JSON Lines, JSON.

Texts of CSV and TSV stay texts (007, NA, 2020-01-01), and numbers of JSON are what they are: nothing is inferred from
other rows, and each row knows its line.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.glues.readers.delimited import delimited_rows
from distilbeto.glues.readers.lines import lines_of

JSON_LINES = (".jsonl", ".ndjson", ".jsonlines")


class Row(NamedTuple):
    """Where a row stands, its number (the line, or the place from 1), and its values by their columns."""

    where: str
    number: int
    values: Mapping[str, Any]


class Table(NamedTuple):
    """classes: the names of the classes of columns that hold their numbers, where the file says them."""

    columns: list[str]
    rows: Iterator[Row]
    classes: Mapping[str, list[str]]


def table_of(path: Path, encoding: str, wanted: Collection[str]) -> Table:
    """The rows of a file, by the suffix of its name; the columns that are `wanted` tell a comma from a semicolon.

    Raises:
        UserError: the format is none of those; the file is damaged or has no rows.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet(path)
    if suffix in (".csv", ".tsv", ".tab"):
        columns, rows = delimited_rows(path, encoding, wanted, tabs=suffix != ".csv")
        return Table(columns, (Row(f"{path}, line {number}", number, values) for number, values in rows), {})
    if suffix in (".json", *JSON_LINES):
        return _json(path, encoding)
    raise UserError(
        f"expected a file named .parquet, .csv, .tsv, .jsonl or .json, found {suffix or 'no suffix'}",
        where=path,
        remedy="Give it the suffix of its format. Compressed files lose theirs where their source is fetched: write "
        "`file: reviews.csv` for reviews.csv.gz. Other formats: docs/finetuning.md, Add a format.",
    )


def _parquet(path: Path) -> Table:
    from pyarrow import parquet  # type: ignore[import-untyped]

    schema = _arrow(path, lambda: parquet.read_schema(path))
    return Table(schema.names, _parquet_rows(path), _hub_classes(schema.metadata or {}))


def _parquet_rows(path: Path) -> Iterator[Row]:
    from pyarrow import parquet

    with _arrow(path, lambda: parquet.ParquetFile(path)) as file:
        numbers, batches = count(1), file.iter_batches()
        while (batch := _arrow(path, lambda: next(batches, None))) is not None:
            for values in _arrow(path, partial(batch.to_pylist)):
                number = next(numbers)
                yield Row(f"{path}, row {number}", number, values)


def _arrow(path: Path, step: Callable[[], Any]) -> Any:
    import pyarrow

    try:
        return step()
    except (pyarrow.ArrowException, UnicodeDecodeError, OSError) as error:
        raise UserError(
            f"not a Parquet file, or damaged: {str(error).partition('. ')[0]}",
            where=path,
            remedy="Fetch the file again.",
        ) from None


def _hub_classes(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of classes that the `datasets` library writes into Parquet files, of single ones and of lists."""
    features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
    single = {column: feature.get("feature", feature) for column, feature in features.items() if type(feature) is dict}
    return {column: feature["names"] for column, feature in single.items() if feature.get("_type") == "ClassLabel"}


def _json(path: Path, encoding: str) -> Table:
    """Objects, one a line; or a list of them, also as the one list of objects in an object, such as `data`."""
    lines = lines_of(path, encoding)
    first = next(lines, (1, ""))
    second = next(lines, None)
    if path.suffix.lower() in JSON_LINES or (second and first[1].lstrip().startswith("{") and _is_json(first[1])):
        numbered = chain([first], [second] if second else [], lines)
        rows = (Row(f"{path}, line {n}", n, _object(line, path, n)) for n, line in numbered if line.strip())
    else:
        text = "\n".join(line for _, line in chain([first], [second] if second else [], lines))
        records = _records(_parsed(text, path), path)
        rows = (Row(f"{path}, row {n}", n, record) for n, record in enumerate(records, start=1))
    first_row = next(rows, None)
    if first_row is None:
        raise UserError("the file holds no rows", where=path)
    return Table(list(first_row.values), chain([first_row], rows), {})


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    found = _parsed(line, path, number)
    if not isinstance(found, dict):
        raise UserError(f"expected a JSON object a line, found {line[:80]!r}", where=path, line=number)
    return found


def _parsed(text: str, path: Path, line: int | None = None) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        what = f"not valid JSON: {error.msg} (character {error.colno})"
        raise UserError(what, where=path, line=line or error.lineno) from None
    except RecursionError:
        raise UserError("not valid JSON: nested too deeply", where=path, line=line) from None
    except KeyError as error:
        raise UserError(f"an object has the key {error} twice", where=path, line=line) from None


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key)
        found[key] = value
    return found


def _records(root: Any, path: Path) -> list[dict[str, Any]]:
    lists = [root] if isinstance(root, list) else list(root.values()) if isinstance(root, dict) else []
    found = [each for each in lists if isinstance(each, list) and each and all(isinstance(row, dict) for row in each)]
    if len(found) != 1:
        raise UserError(
            "expected a list of objects, or an object that holds one such list",
            where=path,
            remedy="A data frame writes one with to_json(..., orient='records').",
        )
    records: list[dict[str, Any]] = found[0]
    return records
