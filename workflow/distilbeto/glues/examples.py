"""Examples of each kind of task, and their file format: JSON Lines, one example a line, UTF-8."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from distilbeto.errors import UserError
from distilbeto.storage.files import replacing


class ClassificationExample(NamedTuple):
    """A text, or a pair of texts, with its class."""

    id: str
    text: str
    text_pair: str | None
    label: str


class RegressionExample(NamedTuple):
    """A text, or a pair of texts, with a number, such as the similarity of a pair."""

    id: str
    text: str
    text_pair: str | None
    target: float


class MultiLabelExample(NamedTuple):
    """A text, or a pair of texts, with all labels that it has: each once, in any order, or none."""

    id: str
    text: str
    text_pair: str | None
    labels: tuple[str, ...]


class TaggedSentence(NamedTuple):
    """Words and their tags, as many of the one as of the other."""

    id: str
    words: tuple[str, ...]
    tags: tuple[str, ...]


class PredictedTags(NamedTuple):
    """Tags of the words of a sentence; and of the subtokens of each word, where they are known."""

    words: tuple[str, ...]
    subtokens: tuple[tuple[str, ...], ...] | None


class Answer(NamedTuple):
    """An answer and where it starts in its context, in characters; NOWHERE where the context lacks it."""

    text: str
    start: int


class Question(NamedTuple):
    """A question on a context, with all its accepted answers. One that is impossible (SQuAD v2) has none."""

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...]
    is_impossible: bool = False

    @property
    def located(self) -> tuple[Answer, ...]:
        """The answers that stand in the context: others are scored by, not trained on."""
        return tuple(answer for answer in self.answers if answer.start != NOWHERE)


class Candidate(NamedTuple):
    """The best span of a question, and by how much the score of no answer is above that of the span."""

    span: str
    no_answer_score: float


NOWHERE = -1
Example = ClassificationExample | RegressionExample | MultiLabelExample | TaggedSentence | Question
Kind = TypeVar("Kind", ClassificationExample, RegressionExample, MultiLabelExample, TaggedSentence, Question)


def write_examples(path: Path, examples: Iterable[Example]) -> None:
    """Write one example a line, the whole file or none."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{_to_json(example)}\n" for example in examples)


def read_examples(path: Path) -> list[Example]:
    """The examples of a JSON Lines file; all are of one kind.

    Raises:
        UserError: a line is no example, or of another kind than the first; the file is empty.
    """
    examples: list[Example] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            example = _from_json(line, path, number)
            if examples and type(example) is not type(examples[0]):
                raise UserError("an example of another kind than those before", where=path, line=number)
            examples.append(example)
    if not examples:
        raise UserError("the file holds no examples", where=path)
    return examples


def examples_of(path: Path, kind: type[Kind]) -> list[Kind]:
    """The examples of a file that must be of `kind`.

    Raises:
        UserError: as read_examples; or the file holds examples of another kind.
    """
    examples = read_examples(path)
    if not isinstance(examples[0], kind):
        raise UserError(f"expected examples of kind {kind.__name__}, found {type(examples[0]).__name__}", where=path)
    return [example for example in examples if isinstance(example, kind)]


def refuse_impossible(impossible: Sequence[bool], path: Path) -> None:
    """Of the questions of a task of SQuAD 1.1, whose metrics and models know no question without an answer.

    Raises:
        UserError: there are some.
    """
    count = sum(impossible)
    if count:
        raise UserError(
            f"{count} of {len(impossible)} questions are impossible (SQuAD v2), but in the task each has an answer",
            where=path,
            remedy="Set `unanswerable: true` for the task (--unanswerable in score.py), or take a file of SQuAD 1.1.",
        )


def _to_json(example: Example) -> str:
    record = example._asdict()
    if isinstance(example, Question):
        record["answers"] = [answer._asdict() for answer in example.answers]
        if not example.is_impossible:
            del record["is_impossible"]
    return json.dumps(record, ensure_ascii=False)


def _from_json(line: bytes, path: Path, number: int) -> Example:
    try:
        record = json.loads(line)
        return _BUILDERS[frozenset(record)](**record)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise UserError(
            f"not an example: {line[:80].decode(errors='replace').strip()!r}",
            where=path,
            line=number,
            remedy="Expected a JSON object with the keys id, text, text_pair and one of label (a text), target (a "
            "number), labels (a list of texts); or id, words, tags; or id, question, context, answers.",
        ) from None


def _classification_example(id: str, text: str, text_pair: str | None, label: str) -> ClassificationExample:
    return ClassificationExample(_text(id), _text(text), None if text_pair is None else _text(text_pair), _text(label))


def _regression_example(id: str, text: str, text_pair: str | None, target: float) -> RegressionExample:
    if isinstance(target, bool) or not math.isfinite(target):
        raise ValueError
    return RegressionExample(_text(id), _text(text), None if text_pair is None else _text(text_pair), float(target))


def _multi_label_example(id: str, text: str, text_pair: str | None, labels: list[str]) -> MultiLabelExample:
    if not isinstance(labels, list) or not all(map(_text, labels)) or len({*labels}) < len(labels):
        raise ValueError
    return MultiLabelExample(_text(id), _text(text), None if text_pair is None else _text(text_pair), tuple(labels))


def _tagged_sentence(id: str, words: list[str], tags: list[str]) -> TaggedSentence:
    if not words or len(words) != len(tags):
        raise ValueError
    return TaggedSentence(_text(id), tuple(map(_text, words)), tuple(map(_text, tags)))


def _question(
    id: str, question: str, context: str, answers: list[dict[str, Any]], is_impossible: bool = False
) -> Question:
    if type(is_impossible) is not bool or (is_impossible and answers):
        raise ValueError
    found = tuple(_answer(context, **answer) for answer in answers)
    return Question(_text(id), _text(question), _text(context), found, is_impossible)


def _answer(context: str, text: str, start: int) -> Answer:
    if type(start) is not int or start < NOWHERE:
        raise ValueError
    if start != NOWHERE and not (text and context.startswith(_text(text), start)):
        raise ValueError
    return Answer(_text(text), start)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


_BUILDERS: dict[frozenset[str], Callable[..., Example]] = {
    frozenset(ClassificationExample._fields): _classification_example,
    frozenset(RegressionExample._fields): _regression_example,
    frozenset(MultiLabelExample._fields): _multi_label_example,
    frozenset(TaggedSentence._fields): _tagged_sentence,
    frozenset(Question._fields): _question,
    frozenset(Question._fields) - {"is_impossible"}: _question,
}
