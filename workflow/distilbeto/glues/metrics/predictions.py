"""Prediction files in the tasks' own formats, matched with the gold examples they belong to."""

import json
import logging
import math
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.glues.examples import Candidate
from distilbeto.glues.readers.lines import lines_of
from distilbeto.storage.files import read_json

ANSWERED = dict.fromkeys(("answer", "span", "no_answer_score"))


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


def read_label_sets(path: Path, count: int | None = None) -> list[tuple[str, ...]]:
    """A JSON list of labels a line, [] where there is none; with `count`, as many lines.

    Raises:
        UserError: another number of lines, or a line that holds no list of texts, or one of them twice.
    """
    sets = [_label_set(path, number, line) for number, line in lines_of(path)]
    if count not in (None, len(sets)):
        raise UserError(f"expected {count} lists of labels, one for each gold example, found {len(sets)}", where=path)
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


def warn_of_foreign(path: Path, predicted: Sequence[str], gold: Collection[str]) -> None:
    """Say which predicted labels no gold example has, and how often: a spelling, or labels of another task.

    Raises:
        UserError: none of the predicted labels is one that the gold data have.
    """
    foreign = Counter(label for label in predicted if label not in gold)
    if not foreign:
        return
    which = _first([f"{label!r} ({count})" for label, count in foreign.most_common()])
    if foreign.total() == len(predicted):
        raise UserError(
            f"no predicted label is one that the gold data have: {which}",
            where=path,
            remedy=f"Predict the labels of the gold data: {_first(sorted(gold))}.",
        )
    logging.warning(
        "%s: %d of %d predictions are labels that the gold data never have, each wrong wherever it stands: %s",
        path,
        foreign.total(),
        len(predicted),
        which,
    )


def read_answers(path: Path, questions: Collection[str]) -> dict[str, str]:
    """The predicted answers from a JSON object {id: text}. Questions without one count as wrong, as in the official
    scripts; a warning says so.

    Raises:
        UserError: no such object; an id that is not one of `questions`.
    """
    answers = read_json(path)
    if not isinstance(answers, dict) or not all(isinstance(text, str) for text in answers.values()):
        raise UserError("expected a JSON object of question ids and answer texts", where=path)
    _check_ids(path, answers, questions)
    return answers


def read_answers_or_none(path: Path, questions: Collection[str]) -> tuple[dict[str, str], dict[str, Candidate] | None]:
    """The predicted answers of SQuAD v2, empty for none; and, where the file has them, the best spans and their scores.

    It is a JSON object {id: text}, or {id: {"answer": text, "span": text, "no_answer_score": number}} as the workflow
    writes it.

    Raises:
        UserError: no such object, or one that mixes both; an id that is not one of `questions`.
    """
    found = read_json(path)
    if isinstance(found, dict) and any(isinstance(value, str) for value in found.values()):
        return read_answers(path, questions), None
    if not isinstance(found, dict) or not all(map(_is_answered, found.values())):
        keys = ", ".join(ANSWERED)
        raise UserError(
            f"expected a JSON object of question ids and answer texts, or objects with the keys {keys}", where=path
        )
    _check_ids(path, found, questions)
    answers = {name: str(value["answer"]) for name, value in found.items()}
    candidates = {name: Candidate(value["span"], float(value["no_answer_score"])) for name, value in found.items()}
    return answers, candidates or None


def _is_answered(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() != ANSWERED.keys():
        return False
    number = value["no_answer_score"]
    texts = isinstance(value["answer"], str) and isinstance(value["span"], str)
    return texts and isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)


def _check_ids(path: Path, found: Collection[str], questions: Collection[str]) -> None:
    known = set(questions)
    foreign = _first([name for name in found if name not in known])
    if foreign:
        raise UserError(f"answers to questions that are not in the gold file: {foreign}", where=path)
    missing = _first([name for name in questions if name not in found])
    if missing:
        logging.warning("%s: no answer, which scores 0, for %s", path, missing)


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
