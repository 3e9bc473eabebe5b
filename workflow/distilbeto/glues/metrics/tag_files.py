"""Predicted tags, a word a line: in this project's form, and as other taggers write them for conlleval."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import PredictedTags, TaggedSentence
from distilbeto.glues.readers.word_per_line import Line, blocks_of

NO_SUBTOKENS = "-"
BETWEEN_COLUMNS = re.compile(r"[ \t]+")
TagCheck = Callable[[str, Path, int], None]
Row = list[str]  # the columns after the word


def read_tags(path: Path, gold: Sequence[TaggedSentence], check: TagCheck | None = None) -> list[PredictedTags]:
    """The sentences of `gold`, a word a line, a blank line after each; spaces or tabs between columns.

    `word tag`, or `word tag subtoken_tags`: these are joined by commas, the first is the word's tag; `-` stands for a
    word without subtokens in the model's input. Or, as conlleval reads them, `word gold predicted`, with other columns
    before `gold`; or another layer in its place, such as parts of speech beside entities. Forms are told apart by what
    they say. `check` is called with each tag, the path and the line.

    Raises:
        UserError: other words or another number of sentences than `gold`, a malformed line, or three columns that are
            none of these forms.
    """
    blocks = list(blocks_of(path, "utf-8"))
    rows: list[list[Row]] = []
    width = 0
    for place, (block, sentence) in enumerate(zip(blocks, gold, strict=False), start=1):
        columns = [_columns(path, line, word) for line, word in zip(block, sentence.words, strict=False)]
        if len(block) != len(sentence.words):
            what = f"sentence {place} has {len(block)} words, expected {len(sentence.words)}"
            raise UserError(what, where=path, line=block[0][0])
        width = width or len(columns[0])
        if {len(row) for row in columns} != {width}:
            raise UserError("some lines of the file have more columns than others", where=path, line=block[0][0])
        rows.append(columns)
    if len(blocks) != len(gold):
        raise UserError(f"expected {len(gold)} sentences, found {len(blocks)}", where=path)
    sentences = _told_apart(rows, gold, path, blocks)
    for block, predicted in zip(blocks, sentences, strict=True):
        _check_all(predicted, check, path, block)
    return sentences


def _columns(path: Path, line: Line, word: str) -> Row:
    """The columns after the word. Words of UD may hold spaces, so the gold word says where it ends."""
    number, text = line
    if not text.startswith((f"{word} ", f"{word}\t")):
        raise UserError(f"expected the word {word!r}, found {text[:80]!r}", where=path, line=number)
    columns = BETWEEN_COLUMNS.split(text.removeprefix(word).strip(" \t"))
    if not all(columns) or (len(columns) == 2 and not all(columns[1].split(","))):
        raise UserError(
            f"expected `word tag` or `word tag subtoken_tags`, found {text[:80]!r}", where=path, line=number
        )
    return columns


def _told_apart(
    rows: Sequence[Sequence[Row]], gold: Sequence[TaggedSentence], path: Path, blocks: Sequence[Sequence[Line]]
) -> list[PredictedTags]:
    """The tags of each sentence, in the form that fits the whole file.

    Where two fit, all columns hold the same tags: then it is the project's own.
    """
    flat = [row for sentence in rows for row in sentence]
    tags = [tag for sentence in gold for tag in sentence.tags]
    if not flat or len(flat[0]) == 1:
        return [PredictedTags(tuple(tag for (tag,) in sentence), None) for sentence in rows]
    if len(flat[0]) == 2 and all(_is_own(row) for row in flat):
        return [_own(sentence) for sentence in rows]
    single = not any("," in row[-1] or row[-1] == NO_SUBTOKENS for row in flat) or not {NO_SUBTOKENS}.isdisjoint(tags)
    is_gold = [row[-2] == tag for row, tag in zip(flat, tags, strict=True)]
    another_layer = len(flat[0]) == 2 and {row[-2] for row in flat}.isdisjoint(tags)
    if single and (all(is_gold) or another_layer):
        return [PredictedTags(tuple(row[-1] for row in sentence), None) for sentence in rows]
    lines = [line for block in blocks for line in block]
    number, text = lines[is_gold.index(False)] if False in is_gold else lines[0]
    raise UserError(
        f"{len(flat[0]) + 1} columns that do not say which of them is predicted: {text[:80]!r}",
        where=path,
        line=number,
        remedy="Expected `word tag`; or `word tag subtoken_tags`, the first its tag; or `word gold predicted` "
        "with the gold tag of every word. Keep the word and its predicted tag alone.",
    )


def _is_own(row: Row) -> bool:
    tag, subtokens = row
    return subtokens == NO_SUBTOKENS or subtokens.split(",")[0] == tag


def _own(rows: Sequence[Row]) -> PredictedTags:
    subtokens = tuple(() if tags == NO_SUBTOKENS else tuple(tags.split(",")) for _, tags in rows)
    return PredictedTags(tuple(tag for tag, _ in rows), subtokens)


def _check_all(sentence: PredictedTags, check: TagCheck | None, path: Path, block: Sequence[Line]) -> None:
    if check is None:
        return
    subtokens = sentence.subtokens or ((),) * len(block)
    for (number, _), tag, of_subtokens in zip(block, sentence.words, subtokens, strict=True):
        for each in (tag, *of_subtokens):
            check(each, path, number)
