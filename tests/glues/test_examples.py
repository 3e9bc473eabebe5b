import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.glues.examples import (
    Answer,
    ClassificationExample,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
    examples_of,
    read_examples,
    write_examples,
)

# Everything that UTF-8 can hold, line separators of Unicode included.
texts = st.text(st.characters(codec="utf-8"))
classifications = st.builds(ClassificationExample, texts, texts, st.none() | texts, texts)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5).map(float)
regressions = st.builds(RegressionExample, texts, texts, st.none() | texts, numbers)
label_sets = st.lists(st.text(st.characters(codec="utf-8"), min_size=1), unique=True).map(tuple)
multi_labels = st.builds(MultiLabelExample, texts, texts, st.none() | texts, label_sets)
sentences = st.lists(st.tuples(texts, texts), min_size=1).map(
    lambda pairs: TaggedSentence("1", *(tuple(column) for column in zip(*pairs, strict=True)))
)
questions = st.builds(
    lambda before, answer, after: Question("q", "¿?", before + answer + after, (Answer(answer, len(before)),)),
    texts,
    st.text(st.characters(codec="utf-8"), min_size=1),
    texts,
)


KINDS = (classifications, regressions, multi_labels, sentences, questions)


@given(st.one_of(*(st.lists(kind, min_size=1, max_size=4) for kind in KINDS)))
def test_examples_survive_the_file(tmp_path_factory: pytest.TempPathFactory, examples: list) -> None:
    path = tmp_path_factory.getbasetemp() / "examples.jsonl"
    write_examples(path, examples)
    assert read_examples(path) == examples


def test_file_is_readable_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "qa.jsonl"
    write_examples(path, [Question("q1", "¿Quién?", "Fue Ana.", (Answer("Ana", 4),))])
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "id": "q1",
        "question": "¿Quién?",
        "context": "Fue Ana.",
        "answers": [{"text": "Ana", "start": 4}],
    }
    assert "¿Quién?" in path.read_text(encoding="utf-8")


GOOD = '{"id": "1", "text": "a", "text_pair": null, "label": "x"}\n'


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        "[]",
        "\n",
        '{"id": "1", "text": "a", "label": "x"}',
        '{"id": 1, "text": "a", "text_pair": null, "label": "x"}',
        '{"id": "1", "text": "a", "text_pair": null, "target": "3"}',
        '{"id": "1", "text": "a", "text_pair": null, "target": true}',
        '{"id": "1", "text": "a", "text_pair": null, "target": NaN}',
        '{"id": "1", "text": "a", "text_pair": null, "target": 1' + 400 * "0" + "}",
        '{"id": "1", "text": "a", "text_pair": null, "labels": "ab"}',
        '{"id": "1", "text": "a", "text_pair": null, "labels": ["a", "a"]}',
        '{"id": "1", "text": "a", "text_pair": null, "labels": [""]}',
        '{"id": "1", "words": ["a", "b"], "tags": ["O"]}',
        '{"id": "1", "words": [], "tags": []}',
        '{"id": "1", "words": "ab", "tags": [1, 2]}',
        '{"id": "1", "question": "q", "context": "abc", "answers": [{"text": "b", "start": 2}]}',
        '{"id": "1", "question": "q", "context": "abc", "answers": [{"text": "c", "start": -1}]}',
        '{"id": "1", "question": "q", "context": "abc", "answers": [{"text": "b"}]}',
        '{"id": "1", "words": ["a"], "tags": ["O"]}',
    ],
)
def test_bad_line_is_named(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(GOOD + bad + "\n")
    with pytest.raises(UserError, match=r"bad\.jsonl, line 2: "):
        read_examples(path)


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(GOOD.encode() + GOOD.replace("a", "ñ").encode("latin-1"))
    with pytest.raises(UserError, match="line 2"):
        read_examples(path)


def test_other_kind_and_empty_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(GOOD)
    assert examples_of(path, ClassificationExample) == [ClassificationExample("1", "a", None, "x")]
    with pytest.raises(UserError, match="expected examples of kind Question, found ClassificationExample"):
        examples_of(path, Question)
    path.write_text("")
    with pytest.raises(UserError, match="no examples"):
        read_examples(path)
