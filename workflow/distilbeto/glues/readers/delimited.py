"""Rows of CSV (RFC 4180) and of tab-separated files, with a header; strictly, by the lines in which they begin."""

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.errors import UserError
from distilbeto.glues.readers.lines import lines_of

if TYPE_CHECKING:
    import _csv

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
Fields = tuple[int, list[str]]
QUOTED_BETWEEN_TABS = re.compile(r'(?:^|(?<=\t))"((?:[^"]|"")*)"(?=\t|$)', re.MULTILINE)


def delimited_rows(
    path: Path, encoding: str, wanted: Collection[str], *, tabs: bool
) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """The names of the columns, and the line and the values of each row. Lines without any field are passed over.

    What stands between columns, a comma, a semicolon or a tab, is told by the header: it has most of the columns that
    are `wanted` (the suffix decides where that leaves a choice).

    Raises:
        UserError: a row has another number of columns than the header, a column's name stands twice, or a quotation
            mark is not closed.
    """
    text = "".join(f"{line}\n" for _, line in lines_of(path, encoding))
    delimiter, quoted = _form(text, wanted, tabs)
    rows = _fields(text, delimiter, quoted, path)
    _, header = next(rows, (1, []))
    twice = [name for name, times in Counter(header).items() if times > 1]
    if twice:
        raise UserError(f"two columns are called {twice[0]!r}", where=path, line=1)
    return header, _named(rows, header, delimiter, path)


def _named(
    rows: Iterator[Fields], header: list[str], delimiter: str, path: Path
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, values in rows:
        if len(values) != len(header):
            raise UserError(
                f"expected {len(header)} columns, as in the first line, found {len(values)}: "
                f"{delimiter.join(values)[:80]!r}",
                where=path,
                line=number,
                remedy=f"Put a text that holds {DELIMITERS[delimiter]} into quotation marks.",
            )
        yield number, dict(zip(header, values, strict=True))


def _form(text: str, wanted: Collection[str], tabs: bool) -> tuple[str, bool]:
    """What stands between columns, and whether quotation marks have a meaning."""
    forms = [("\t", '"' in text and _quotes_as_csv(text)), (",", True), (";", True)]
    candidates = forms if tabs else [*forms[1:], forms[0]]

    def fit(form: tuple[str, bool]) -> tuple[int, int]:
        try:
            names: list[str] = next(_reader(text, *form), [])
        except csv.Error:
            return -1, 0
        return len({*names} & {*wanted}), len(names)

    return max(candidates, key=fit)


def _quotes_as_csv(text: str) -> bool:
    """Whether a tab-separated file puts texts in quotation marks, as spreadsheets do, or holds them as characters.

    It does where it can be read so, and each text in quotation marks has a reason to be: marks, tabs or line ends in
    it, or that all have them.
    """
    try:
        widths = Counter(len(fields) for fields in _reader(text, "\t", True) if fields)
    except csv.Error:
        return False
    found = QUOTED_BETWEEN_TABS.findall(text)
    everything = len(found) == sum(width * times for width, times in widths.items())
    return len(widths) == 1 and bool(found) and (everything or all(re.search(r'""|[\t\n]', each) for each in found))


def _fields(text: str, delimiter: str, quoted: bool, path: Path) -> Iterator[Fields]:
    reader, before = _reader(text, delimiter, quoted), 0
    while True:
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise UserError(
                f"not valid CSV: {error}",
                where=path,
                line=before + 1,
                remedy="A quotation mark is not closed, or one inside a text is not written twice.",
            ) from None
        if fields is None:
            return
        if fields:
            yield before + 1, fields
        before = reader.line_num


def _reader(text: str, delimiter: str, quoted: bool) -> "_csv.Reader":
    csv.field_size_limit(sys.maxsize)
    lines = io.StringIO(text, newline="\n")
    if quoted:
        return csv.reader(lines, delimiter=delimiter, strict=True)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE, strict=True)
