"""SQuAD: answers whose offsets are wrong."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.glues.readers.forms import Reader, dataset, squad

from distilbeto.errors import UserError
from distilbeto.glues.examples import NOWHERE, Answer, Question, read_examples, write_examples
from distilbeto.glues.readers.manifest import manifest
from distilbeto.glues.readers.squad import repaired
from distilbeto.storage.provenance import Stopwatch


def test_squad_moves_or_drops_answers_with_wrong_offsets(read_text: Reader) -> None:
    context = "\ufeffAna vio a Ana y Ana."
    result = read_text("squad", squad(context, ("Ana", 1), ("Ana", 9), ("Ana", -1), ("Eva", 2), ("", -1)))
    found = Answer("Ana", 1), Answer("Ana", 11), Answer("Ana", 1)
    (question,) = result.examples
    assert isinstance(question, Question)
    assert question.answers == (*found, Answer("Eva", NOWHERE), Answer("", NOWHERE))
    assert question.located == found
    assert result.repairs == {"answers_moved": 2, "answers_dropped": 1, "empty_answers_dropped": 1}
    assert result.notes[0] == "question q: answer 'Ana' at 9 moved to 11"
    assert "the context does not hold it" in result.notes[2] and "it is empty" in result.notes[3]


def test_squad_keeps_a_question_that_lost_its_answers(read_text: Reader) -> None:
    result = read_text("squad", squad("nada", ("algo", 0)))
    assert result.examples == [Question("q", "¿?", "nada", (Answer("algo", NOWHERE),))]
    assert result.repaired == {"answers_dropped": ["q"], "questions_without_answer": ["q"]}


ANSWERS = [{"text": ["Ana"], "answer_start": [1]}, [{"text": "Ana", "answer_start": 1}]]


@pytest.mark.parametrize("answers", ANSWERS)
def test_squad_may_have_one_question_a_line_and_whole_numbers_as_ids(read_text: Reader, answers: object) -> None:
    rows = [{"id": number, "context": "¡Ana!", "question": "¿?", "answers": answers} for number in (7, 8)]
    result = read_text("squad", "".join(json.dumps(row) + "\n" for row in rows))
    assert result.examples == [Question(name, "¿?", "¡Ana!", (Answer("Ana", 1),)) for name in ("7", "8")]


def test_ids_of_squads_own_form_may_be_whole_numbers(read_text: Reader) -> None:
    assert read_text("squad", squad("¡Ana!", ("Ana", 1), names=(7,))).examples[0].id == "7"


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ({"answers": "Ana"}, r"line 2: column 'answers': expected answers such as"),
        ({"context": None}, r"line 2: expected an object with 'context' \(str\)"),
        ({"id": 1.5}, r"line 2: expected an object with 'id' \(str\)"),
        ({"id": 7}, "2 questions have the id '7'"),
    ],
)
def test_a_line_that_is_no_question_is_named(read_text: Reader, second: dict[str, object], message: str) -> None:
    row = {"id": 7, "context": "¡Ana!", "question": "¿?", "answers": ANSWERS[0]}
    rows = [row, row | {"id": 8} | second]
    with pytest.raises(UserError, match=rf"data(: |, ){message}"):
        read_text("squad", "".join(json.dumps(row) + "\n" for row in rows))


def test_the_manifest_counts_repairs_and_lists_where_they_were_made(read_text: Reader, tmp_path: Path) -> None:
    names = tuple(f"q{number}" for number in range(1500))
    result = read_text("squad", squad("Ana vio a Ana", ("Ana", 1), ("Ana", 9), ("Eva", 2), names=names))
    record = manifest("tar", dataset("squad"), result, tmp_path / "data", Stopwatch())
    assert record["repairs"] == {"answers_moved": 3000, "answers_dropped": 1500}
    assert record["repaired"] == {"answers_moved": list(names), "answers_dropped": list(names)}


def impossible(answers: list[dict[str, object]], flag: object = True) -> str:
    questions = [
        {"id": "1", "question": "¿?", "answers": [{"text": "Bogotá", "answer_start": 0}], "is_impossible": False},
        {"id": "2", "question": "¿?", "answers": answers, "is_impossible": flag, "plausible_answers": []},
    ]
    return json.dumps({"data": [{"paragraphs": [{"context": "Bogotá es la capital.", "qas": questions}]}]})


def test_impossible_questions_are_kept_and_counted(read_text: Reader, tmp_path: Path) -> None:
    result = read_text("squad", impossible([]))
    assert [each.is_impossible for each in result.examples] == [False, True]
    assert result.repairs == {}
    assert result.notes == ["1 of 2 questions are impossible: they have no answer"]
    write_examples(tmp_path / "read.jsonl", result.examples)
    assert read_examples(tmp_path / "read.jsonl") == result.examples


@pytest.mark.parametrize(
    ("answers", "flag", "message"),
    [
        ([{"text": "Bogotá", "answer_start": 0}], True, r"qas\[1\]: is_impossible is true, but it has answers"),
        ([], "true", r"expected an object with 'is_impossible' \(bool\)"),
    ],
)
def test_contradictions_about_an_answer_are_refused(
    read_text: Reader, answers: list[dict[str, object]], flag: object, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_text("squad", impossible(answers, flag))


def test_questions_of_version_1_are_written_as_before(read_text: Reader, tmp_path: Path) -> None:
    write_examples(tmp_path / "read.jsonl", read_text("squad", squad("Ana vio a Eva", ("Ana", 0))).examples)
    line = '{"id": "q", "question": "¿?", "context": "Ana vio a Eva", "answers": [{"text": "Ana", "start": 0}]}\n'
    assert (tmp_path / "read.jsonl").read_text(encoding="utf-8") == line


def test_notes_are_shortened(read_text: Reader) -> None:
    result = read_text("squad", squad("a", *[("b", 0)] * 50))
    assert len(result.notes) == 20 and result.notes[-1] == "and 31 more"


@given(st.text("ab", max_size=8), st.text("ab", max_size=3), st.integers(-9, 9))
def test_a_repaired_answer_is_the_nearest_occurrence(context: str, text: str, start: int) -> None:
    answer = repaired(Answer(text, start), context)
    places = [place for place in range(len(context)) if text and context[place : place + len(text)] == text]
    if answer is None:
        assert not places
    else:
        assert answer.start in places
        assert abs(answer.start - start) == min(abs(place - start) for place in places)
