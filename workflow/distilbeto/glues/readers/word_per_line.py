"""Sentences in columns: a word a line, one space between columns, a blank line after a sentence."""

from collections.abc import Iterator
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.readers.lines import lines_of

Line = tuple[int, str]


def blocks_of(path: Path, encoding: str) -> Iterator[list[Line]]:
    """The numbered lines of each sentence; several blank lines in a row count as one."""
    block: list[Line] = []
    for number, line in lines_of(path, encoding):
        if line:
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def word_columns(path: Path, encoding: str) -> Iterator[list[tuple[int, str, str]]]:
    """Line number, word and tag of each sentence in a file of `word tag` or `word POS tag` lines.

    Raises:
        UserError: a line has not the number of columns of the first line, which is 2 or 3, or has an empty one.
    """
    width = None
    for block in blocks_of(path, encoding):
        sentence = []
        for number, line in block:
            columns = line.split(" ")
            width = width or len(columns)
            if len(columns) != width or width not in (2, 3) or "" in columns:
                raise UserError(
                    f"expected {width if width in (2, 3) else '2 or 3'} columns with one space between them, "
                    f"found {len(columns)}: {line[:80]!r}",
                    where=path,
                    line=number,
                )
            sentence.append((number, columns[0], columns[-1]))
        yield sentence
