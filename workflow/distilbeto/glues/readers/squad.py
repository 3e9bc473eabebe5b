"""Questions on contexts in the JSON of SQuAD 1.1 and 2 (Rajpurkar et al., 2016, 2018): MLQA, XQuAD, SQuAD-es (TAR)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.glues.examples import NOWHERE, Answer, Question
from distilbeto.glues.readers.lines import lines_of
from distilbeto.glues.readers.result import ReadResult, shortened
from distilbeto.glues.readers.values import Cell, answers_in
from distilbeto.glues.settings import DatasetSettings


class Node(NamedTuple):
    """A value of the JSON and the way to it, for messages."""

    file: Path
    way: str
    value: Any

    def get(self, key: str, kind: type) -> Any:
        if not isinstance(self.value, dict) or type(self.value.get(key)) is not kind:
            raise UserError(
                f"{self.way or 'the file'}: expected an object with {key!r} ({kind.__name__})", where=self.file
            )
        return self.value[key]

    def text(self, key: str) -> str:
        """A text; an id may be a whole number."""
        if key == "id" and isinstance(self.value, dict) and type(self.value.get(key)) is int:
            return str(self.value[key])
        text: str = self.get(key, str)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise UserError(f"{self.way}: {key!r} holds half a surrogate pair", where=self.file) from None
        return text

    def children(self, key: str) -> "Iterator[Node]":
        way = f"{self.way}.{key}" if self.way else key
        return (Node(self.file, f"{way}[{place}]", child) for place, child in enumerate(self.get(key, list)))


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    """All questions of a file in the JSON of SQuAD, or of JSON Lines with one question a line, as the Hub has them."""
    return read_nodes(path, _nodes(path, settings.encoding))


def read_nodes(path: Path, nodes: Iterable[tuple[str, Node]]) -> ReadResult:
    """Questions from contexts and their JSON in SQuAD; contexts are kept as they are.

    An answer whose offset does not hold its text is moved to the nearest occurrence of the text (`answers_moved`).
    Where the context has none (`answers_dropped`), and where the text is empty (`empty_answers_dropped`), it is dropped
    from training: it stays, at NOWHERE, for scoring, where the official scripts look at no context. TAR has empty ones
    at the offset -1, in the place of annotations that its alignment lost. A question that is left without an answer to
    train on stays (`questions_without_answer`). A note counts the impossible questions of SQuAD v2.
    """
    examples: list[Question] = []
    repaired_ids: defaultdict[str, list[str]] = defaultdict(list)
    notes: list[str] = []
    for context, node in nodes:
        answers = []
        for child in node.children("answers"):
            given = Answer(child.text("text"), child.get("answer_start", int))
            answer = repaired(given, context)
            if answer != given:
                repaired_ids[_kind_of_repair(given, answer)].append(node.text("id"))
                notes.append(_note(node.text("id"), given, answer))
            answers.append(answer or given._replace(start=NOWHERE))
        impossible = _is_impossible(node, answers)
        examples.append(Question(node.text("id"), node.text("question"), context, tuple(answers), impossible))
        if not impossible and not examples[-1].located:
            repaired_ids["questions_without_answer"].append(node.text("id"))
    _refuse_repeated_ids(examples, path)
    impossible_ones = sum(example.is_impossible for example in examples)
    if impossible_ones:
        notes.insert(0, f"{impossible_ones} of {len(examples)} questions are impossible: they have no answer")
    return ReadResult(examples, dict(repaired_ids), shortened(notes))


def repaired(answer: Answer, context: str) -> Answer | None:
    """The answer at the occurrence of its text nearest to its offset; None where there is none or the text is empty."""
    if not answer.text:
        return None
    if answer.start >= 0 and context.startswith(answer.text, answer.start):
        return answer
    starts = list(_occurrences(answer.text, context))
    return answer._replace(start=min(starts, key=lambda start: abs(start - answer.start))) if starts else None


def _occurrences(text: str, context: str) -> Iterator[int]:
    start = context.find(text)
    while start >= 0:
        yield start
        start = context.find(text, start + 1)


def _nodes(path: Path, encoding: str) -> Iterator[tuple[str, Node]]:
    """Contexts and their questions."""
    _, first = next(lines_of(path, encoding), (1, ""))
    if first.lstrip().startswith("{") and '"question"' in first and '"paragraphs"' not in first:
        return _nodes_of_lines(path, encoding)
    text = "\n".join(line for _, line in lines_of(path, encoding))
    return _question_nodes(Node(path, "", _parsed(text, path)))


def _nodes_of_lines(path: Path, encoding: str) -> Iterator[tuple[str, Node]]:
    for number, line in lines_of(path, encoding):
        record = _parsed(line, path, number)
        if not isinstance(record, dict):
            raise UserError(f"expected a question, found {line[:80]!r}", where=path, line=number)
        answers = answers_in(Cell(f"{path}, line {number}", "answers", record.get("answers")))
        # Of SQuAD v2, the Hub says by an empty list alone that a question has no answer.
        node = Node(path, f"line {number}", {"is_impossible": not answers} | record | {"answers": answers})
        yield node.text("context"), node


def _parsed(text: str, path: Path, line: int | None = None) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UserError(f"not valid JSON: {error.msg}", where=path, line=line or error.lineno) from None
    except RecursionError:
        raise UserError("not valid JSON for SQuAD: nested too deeply", where=path) from None


def _question_nodes(root: Node) -> Iterator[tuple[str, Node]]:
    for article in root.children("data"):
        for paragraph in article.children("paragraphs"):
            context = paragraph.text("context")
            for question in paragraph.children("qas"):
                yield context, question


def _is_impossible(node: Node, answers: list[Answer]) -> bool:
    if "is_impossible" not in node.value:
        return False
    impossible: bool = node.get("is_impossible", bool)
    if impossible and answers:
        raise UserError(f"{node.way}: is_impossible is true, but it has answers", where=node.file)
    return impossible


def _kind_of_repair(given: Answer, answer: Answer | None) -> str:
    if answer:
        return "answers_moved"
    return "answers_dropped" if given.text else "empty_answers_dropped"


def _note(question: str, given: Answer, answer: Answer | None) -> str:
    reason = "the context does not hold it" if given.text else "it is empty"
    outcome = f"moved to {answer.start}" if answer else f"kept for scoring alone, {reason}"
    return f"question {question}: answer {given.text[:60]!r} at {given.start} {outcome}"


def _refuse_repeated_ids(examples: list[Question], path: Path) -> None:
    name, count = Counter(question.id for question in examples).most_common(1)[0] if examples else ("", 0)
    if count > 1:
        raise UserError(f"{count} questions have the id {name!r}: ids must be unique", where=path)
