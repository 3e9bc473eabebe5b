"""What every reader does: several files as one, faults named with their place, counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.glues.readers.forms import XNLI_HEADER, Reader, dataset, squad, xnli_row

from distilbeto.errors import UserError
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.readers import read


def test_several_files_are_read_as_one(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("a I-LOC\n")
    second.write_text("b O\n\nc I-PER\n")
    result = read(first, dataset("conll2002", expected_examples=3), second)
    assert [sentence.words for sentence in result.examples] == [("a",), ("b",), ("c",)]
    assert [note.split(":")[0] for note in result.notes] == ["first, line 1", "second, line 3"]
    with pytest.raises(UserError, match="expected 2 examples, found 3"):
        read(first, dataset("conll2002", expected_examples=2), second)
    with pytest.raises(UserError, match="third: file not found"):
        read(first, dataset("conll2002"), tmp_path / "third")


def test_a_pattern_stands_for_the_files_that_match(tmp_path: Path) -> None:
    for number, word in enumerate("ab"):
        (tmp_path / f"train-{number:05}-of-00002.txt").write_text(f"{word} O\n")
    pattern = tmp_path / "train-*.txt"
    assert [sentence.words for sentence in read(pattern, dataset("conll2002")).examples] == [("a",), ("b",)]
    (tmp_path / "train-00000-of-00002.txt").rename(tmp_path / ".hidden")
    with pytest.raises(UserError, match=r"train-\*-of-00002\.txt: 1 of 2 shards are there"):
        read(pattern, dataset("conll2002"))
    with pytest.raises(UserError, match=r"dev-\*: file not found\n  Its folder holds: train-00001-of-00002\.txt"):
        read(tmp_path / "dev-*", dataset("conll2002"))


def test_repairs_of_several_files_are_joined_and_questions_told_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text(squad("Ana", ("Eva", 0)))
    second.write_text(squad("Ana", ("Eva", 0), names=("r",)))
    assert read(first, dataset("squad"), second).repaired["answers_dropped"] == ["q", "r"]
    with pytest.raises(UserError, match="second: the id 'q' is in another file"):
        second.write_text(squad("Ana", ("Eva", 0)))
        read(first, dataset("squad"), second)


def test_a_data_set_names_its_files() -> None:
    assert dataset("conllu", file="a").files == ["a"]
    assert dataset("conllu", file=["a", "b"]).files == ["a", "b"]
    for wrong in ([], ["a", "a"]):
        with pytest.raises(ValueError, match="file names no file, or one twice"):
            dataset("conllu", file=wrong)


XNLI_SHORT = XNLI_HEADER + xnli_row("es", "neutral", "a", "b", "1") + "es\tneutral\ta\tb\n"


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        ("xnli", XNLI_SHORT, "line 3: expected 19 columns separated by tabs, found 4"),
        ("xnli", "a\tb\n1\t2\n", "line 1: no column 'pairID' in the header; it has: a, b"),
        ("xnli_translated", "premise\thypo\tlabel\na\tb\t\n", "line 2: the label is empty"),
        ("paws_x", "id\tsentence1\tsentence2\tlabel\n1\ta\tb\t0\n\n2\ta\tb\t0\n", "line 3: expected 4 columns"),
        ("conll2002", "a NC O\nb O\n", "line 2: expected 3 columns with tabs or spaces between them, found 2"),
        ("conll2002", "a\n", "line 1: expected 2 to 5 columns"),
        ("conll2002", " a O\n", "line 1: the first column is empty"),
        ("conll2002", "a NC O\nb NC LOC\n", "line 2: expected a tag O, B-TYPE or I-TYPE, found 'LOC'"),
        ("conllu", "1\ta\t_\tNOUN\n", "line 1: expected 10 columns"),
        ("conllu", "1" + "\t_" * 9 + "\n3" + "\t_" * 9 + "\n", "line 2: expected the id 2, found '3'"),
        ("conllu", "# sent_id = 1\n\n", "line 1: a sentence without words"),
        ("mldoc", "CCAT\ta\nECAT b\n", "line 2: expected a label, a tab and a text"),
        ("mldoc", "CCAT\t\n", "line 1: expected a label, a tab and a text"),
        ("squad", "{\n]", "line 2: not valid JSON"),
        ("squad", "[" * 100_000, "nested too deeply"),
        ("squad", "[]", "the file: expected an object with 'data'"),
        ("squad", '{"data": [{"paragraphs": [3]}]}', r"data\[0\].paragraphs\[0\]: expected an object with 'context'"),
        ("squad", squad("a", ("a", True)), r"answers\[0\]: expected an object with 'answer_start' \(int\)"),
        ("squad", squad("a\ud800", ("a", 0)), "half a surrogate pair"),
        ("squad", squad("a", ("a", 0), names=("q", "r", "q")), "2 questions have the id 'q'"),
        ("squad", '{"data": []}', "no examples"),
        ("conll2002", "", "the file is empty"),
        ("conll2002", "\n\n", "no examples"),
        ("paws_x", "id\tsentence1\tsentence2\tlabel\n", "no examples"),
    ],
)
def test_malformed_files_are_refused_with_their_place(
    read_text: Reader, reader: str, content: str, message: str
) -> None:
    with pytest.raises(UserError, match=rf"data(, |: ){message}|data: .*{message}"):
        read_text(reader, content)


def test_wrong_encoding_is_refused_both_ways(read_text: Reader) -> None:
    content = "a O\nCoruña O\n"
    with pytest.raises(UserError, match=r"line 2: byte 5 .* 0xf1, which is not UTF-8\n.*latin-1"):
        read_text("conll2002", content.encode("latin-1"))
    with pytest.raises(UserError, match="declared as latin-1, but the file is UTF-8"):
        read_text("conll2002", content, encoding="latin-1")


def test_byte_order_mark_is_no_part_of_the_first_column(read_text: Reader) -> None:
    result = read_text("paws_x", b"\xef\xbb\xbfid\tsentence1\tsentence2\tlabel\n1\ta\tb\t0\n")
    assert result.examples == [ClassificationExample("1", "a", "b", "0")]


def test_other_number_of_examples_than_expected_names_both(read_text: Reader) -> None:
    with pytest.raises(UserError, match="expected 3 examples, found 1"):
        read_text("conll2002", "a O\n", expected_examples=3)
    with pytest.raises(UserError, match="expected 9458 or 10000 examples, found 1"):
        read_text("conll2002", "a O\n", expected_examples=[9458, 10000])


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="absent: file not found"):
        read(tmp_path / "absent", dataset("mldoc"))


@given(st.binary(max_size=200), st.sampled_from(["conll2002", "conllu", "mldoc", "paws_x", "squad", "xnli"]))
def test_no_bytes_make_a_reader_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, reader: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        result = read(path, dataset(reader))
    except UserError:
        return
    assert result.examples
