"""Prediction files in the tasks' own formats, matched with the gold examples they belong to."""

import json
import logging
import math
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import PredictedTags, TaggedSentence
from distilbeto.glues.readers.lines import lines_of
from distilbeto.glues.readers.word_per_line import Line, blocks_of
from distilbeto.storage.files import read_json

NO_SUBTOKENS = "-"
TagCheck = Callable[[str, Path, int], None]


def read_labels(path: Path, count: int, allowed: Collection[str] = ()) -> list[str]:
    """One label a line, `count` lines; with `allowed`, only these labels.

    Raises:
        UserError: another number of lines, an empty line, a label that is not allowed.
    """
    labels = []
    for number, line in lines_of(path):
        label = line.strip()
        if not label or (allowed and label not in allowed):
            expected = f"one of {', '.join(sorted(allowed))}" if allowed else "a label"
            raise UserError(f"expected {expected}, found {label[:80]!r}", where=path, line=number)
        labels.append(label)
    if len(labels) != count:
        raise UserError(f"expected {count} labels, one for each gold example, found {len(labels)}", where=path)
    return labels


def read_numbers(path: Path, count: int | None = None, encoding: str = "utf-8") -> list[float]:
    """One number a line; with `count`, as many lines.

    Raises:
        UserError: another number of lines, a line that holds no number, or one that is not finite.
    """
    numbers = []
    for number, line in lines_of(path, encoding):
        try:
            numbers.append(float(line))
        except ValueError:
            numbers.append(math.nan)
        if not math.isfinite(numbers[-1]):
            raise UserError(f"expected a number with a decimal point, found {line[:80]!r}", where=path, line=number)
    if count not in (None, len(numbers)):
        raise UserError(f"expected {count} numbers, one for each gold example, found {len(numbers)}", where=path)
    return numbers


def read_label_sets(path: Path, count: int | None = None, known: Collection[str] = ()) -> list[tuple[str, ...]]:
    """A JSON list of labels a line, [] where there is none; with `count`, as many lines.

    With `known` a warning says which labels are none of them: they may be labels of the task that no gold example has.

    Raises:
        UserError: another number of lines, or a line that holds no list of texts, or one of them twice.
    """
    sets = [_label_set(path, number, line) for number, line in lines_of(path)]
    if count not in (None, len(sets)):
        raise UserError(f"expected {count} lists of labels, one for each gold example, found {len(sets)}", where=path)
    foreign = sorted({label for labels in sets for label in labels}.difference(known))
    if known and foreign:
        logging.warning("%s: labels that no gold example has, each wrong wherever it stands: %s", path, _first(foreign))
    return sets


def _label_set(path: Path, number: int, line: str) -> tuple[str, ...]:
    try:
        labels = json.loads(line)
    except ValueError:
        labels = None
    if not isinstance(labels, list) or not all(isinstance(label, str) and label for label in labels):
        what = f'expected a list of labels such as ["a", "b"] or [], found {line[:80]!r}'
        raise UserError(what, where=path, line=number)
    if len({*labels}) < len(labels):
        raise UserError(f"a label twice: {line[:80]}", where=path, line=number)
    return tuple(labels)


def read_tags(path: Path, gold: Sequence[TaggedSentence], check: TagCheck | None = None) -> list[PredictedTags]:
    """The sentences of `gold` as `word tag` or `word tag subtoken_tags` lines, a blank line after each.

    Subtoken tags are joined by commas; `-` stands for a word without subtokens in the model's input. `check` is called
    with each tag, the path and the line.

    Raises:
        UserError: other words or another number of sentences than `gold`, or a malformed line.
    """
    blocks = list(blocks_of(path, "utf-8"))
    sentences: list[PredictedTags] = []
    width = 0
    for place, (block, sentence) in enumerate(zip(blocks, gold, strict=False), start=1):
        columns = [_columns(path, line, word) for line, word in zip(block, sentence.words, strict=False)]
        if len(block) != len(sentence.words):
            what = f"sentence {place} has {len(block)} words, expected {len(sentence.words)}"
            raise UserError(what, where=path, line=block[0][0])
        width = width or len(columns[0])
        if {len(row) for row in columns} != {width}:
            raise UserError("some lines of the file have subtoken tags, some have none", where=path, line=block[0][0])
        sentences.append(_sentence(columns))
        _check_all(sentences[-1], check, path, block)
    if len(blocks) != len(gold):
        raise UserError(f"expected {len(gold)} sentences, found {len(blocks)}", where=path)
    return sentences


def read_answers(path: Path, questions: Collection[str]) -> dict[str, str]:
    """The predicted answers from a JSON object {id: text}. Questions without one count as wrong, as in the official
    scripts; a warning says so.

    Raises:
        UserError: no such object; an id that is not one of `questions`.
    """
    answers = read_json(path)
    if not isinstance(answers, dict) or not all(isinstance(text, str) for text in answers.values()):
        raise UserError("expected a JSON object of question ids and answer texts", where=path)
    known = set(questions)
    foreign = _first([name for name in answers if name not in known])
    if foreign:
        raise UserError(f"answers to questions that are not in the gold file: {foreign}", where=path)
    missing = _first([name for name in questions if name not in answers])
    if missing:
        logging.warning("%s: no answer, which scores 0, for %s", path, missing)
    return answers


def _columns(path: Path, line: Line, word: str) -> list[str]:
    """The one or two columns after the word. Words of UD may hold spaces, so the gold word says where it ends."""
    number, text = line
    if not text.startswith(f"{word} "):
        raise UserError(f"expected the word {word!r}, found {text[:80]!r}", where=path, line=number)
    columns = text.removeprefix(f"{word} ").split(" ")
    if len(columns) not in (1, 2) or not all(columns) or not all(columns[-1].split(",")):
        raise UserError(
            f"expected `word tag` or `word tag subtoken_tags`, found {text[:80]!r}", where=path, line=number
        )
    return columns


def _sentence(columns: Sequence[Sequence[str]]) -> PredictedTags:
    words = tuple(tag for tag, *_ in columns)
    if len(columns[0]) == 1:
        return PredictedTags(words, None)
    return PredictedTags(words, tuple(() if tags == NO_SUBTOKENS else tuple(tags.split(",")) for _, tags in columns))


def _check_all(sentence: PredictedTags, check: TagCheck | None, path: Path, block: Sequence[Line]) -> None:
    if check is None:
        return
    subtokens = sentence.subtokens or ((),) * len(block)
    for (number, _), tag, of_subtokens in zip(block, sentence.words, subtokens, strict=True):
        for each in (tag, *of_subtokens):
            check(each, path, number)


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
