"""Sentences in columns: a word a line, tabs or spaces between columns, a blank line after a sentence."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError
from distilbeto.glues.readers.lines import lines_of

Line = tuple[int, str]
Row = tuple[int, list[str]]
Word = tuple[int, str, str]

# Neither a no-break space nor another separator that str.split knows: they occur inside published words.
BETWEEN_COLUMNS = re.compile(r"[ \t]+")
LANGUAGE = re.compile(r"[a-z]{2,3}:(?=.)")
DOCUMENT_START = "-DOCSTART-"
COMMENT = "#"
MOST_COLUMNS = 5


class ColumnFile(NamedTuple):
    """Line number, word and tag of each word of each sentence.

    passed_over: for each kind of line that holds no word, the sentence (from 1) before which each stands; language: a
    prefix such as `es:` that all words had, and have no more.
    """

    sentences: list[list[Word]]
    passed_over: dict[str, list[str]]
    language: str


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


def word_columns(path: Path, encoding: str) -> list[list[Word]]:
    """Line number, word and tag of each sentence: `read_columns`, the word first and the tag last."""
    return read_columns(path, encoding, word_column=1, tag_column=None).sentences


def read_columns(path: Path, encoding: str, *, word_column: int, tag_column: int | None) -> ColumnFile:
    """The words of a file in columns; columns count from 1, None is the last.

    Without `tag_column` a line has 2 to 5 columns (CoNLL-2003: word, POS, chunk, tag; in German a lemma too). A line
    that starts a document (-DOCSTART-, with as many columns as it likes) ends a sentence and is no word; nor is a
    comment: # and a space before the first word of a sentence, with another number of columns. Where all words begin
    with the same language (WikiANN: `es:Lima`), it is taken off.

    Raises:
        UserError: a line has another number of columns than the first one, or no word; the first column numbers the
            words, but is taken for them.
    """
    blocks = [block for lines in blocks_of(path, encoding) for block in _split_at_documents(lines)]
    width, least = _width(blocks), max(word_column, tag_column) if tag_column else word_column + 1
    passed_over: dict[str, list[str]] = {}
    sentences: list[list[Row]] = []
    for block in blocks:
        words = _without_leading_lines(block, width)
        for _, columns in block[: len(block) - len(words)]:
            kind = "document_starts_skipped" if columns[0] == DOCUMENT_START else "comments_skipped"
            passed_over.setdefault(kind, []).append(str(len(sentences) + 1))
        for row in words:
            _check(row, width, (least, None if tag_column else MOST_COLUMNS), path)
        sentences += [words] if words else []
    if word_column == 1:
        _refuse_numbers(sentences, path)
    tag = (tag_column or 0) - 1
    found = [[(line, columns[word_column - 1], columns[tag]) for line, columns in rows] for rows in sentences]
    language = _language_of(found)
    plain = [[(line, word.removeprefix(language), tag) for line, word, tag in words] for words in found]
    return ColumnFile(plain, passed_over, language)


def _split_at_documents(block: Sequence[Line]) -> Iterator[list[Row]]:
    """The rows of a block, split before and after a line that starts a document."""
    rows: list[Row] = []
    for number, line in block:
        columns = BETWEEN_COLUMNS.split(line.rstrip(" \t"))
        if columns[0] != DOCUMENT_START:
            rows.append((number, columns))
            continue
        if rows:
            yield rows
        yield [(number, columns)]
        rows = []
    if rows:
        yield rows


def _width(blocks: Sequence[Sequence[Row]]) -> int:
    """The number of columns of the first line that is surely a word."""
    widths = (len(columns) for block in blocks for _, columns in block if columns[0] not in (DOCUMENT_START, COMMENT))
    others = (len(columns) for block in blocks for _, columns in block if columns[0] != DOCUMENT_START)
    return next(widths, None) or next(others, 0)


def _without_leading_lines(block: Sequence[Row], width: int) -> list[Row]:
    rows = list(block)
    while rows and (rows[0][1][0] == DOCUMENT_START or (rows[0][1][0] == COMMENT and len(rows[0][1]) != width)):
        del rows[0]
    return rows


def _check(row: Row, width: int, limits: tuple[int, int | None], path: Path) -> None:
    (number, columns), (least, most) = row, limits
    line = " ".join(columns)[:80]
    if not columns[0]:
        raise UserError(f"the first column is empty: {line!r}", where=path, line=number)
    fits = least <= width <= (most or width)
    if not fits or len(columns) != width:
        limits_text = f"{least} to {most}" if most else f"at least {least}"
        raise UserError(
            f"expected {width if fits else limits_text} columns with tabs or spaces between them, "
            f"found {len(columns)}: {line!r}",
            where=path,
            line=number,
            remedy="" if fits else "Say which columns are meant: word_column and tag_column, counted from 1.",
        )


def _refuse_numbers(sentences: Sequence[Sequence[Row]], path: Path) -> None:
    """A first column 1, 2, 3 ... in every sentence, as GermEval has it, holds no words."""
    numbered = [[columns[0] for _, columns in rows] == [str(n + 1) for n in range(len(rows))] for rows in sentences]
    if all(numbered) and any(len(rows) > 1 for rows in sentences):
        raise UserError(
            "the first column numbers the words of each sentence",
            where=path,
            line=sentences[0][0][0],
            remedy="Set `word_column: 2` for its data set, and `tag_column`, where the tag is not the last.",
        )


def _language_of(sentences: Sequence[Sequence[Word]]) -> str:
    """The language and the colon with which every word begins; empty if not every one does."""
    found = LANGUAGE.match(sentences[0][0][1]) if sentences else None
    if found is None or not all(word.startswith(found[0]) for words in sentences for _, word, _ in words):
        return ""
    return found[0]
