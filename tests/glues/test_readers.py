import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from distilbeto.errors import UserError
from distilbeto.glues.examples import Answer, ClassificationExample, Question, TaggedSentence
from distilbeto.glues.readers import read
from distilbeto.glues.readers.manifest import manifest
from distilbeto.glues.readers.mldoc import decoded_literal, first_two_sentences
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.readers.squad import repaired
from distilbeto.glues.settings import DatasetSettings
from distilbeto.provenance import Stopwatch

Reader = Callable[..., ReadResult]

XNLI_HEADER = (
    "language\tgold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1"
    "\tsentence2\tpromptID\tpairID\tgenre\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tsentence1_tokenized"
    "\tsentence2_tokenized\tmatch\n"
)


def dataset(reader: str, **options: object) -> DatasetSettings:
    return DatasetSettings.model_validate({"reader": reader, "source": "s", "file": "data"} | options)


def xnli_row(language: str, label: str, first: str, second: str, pair: str) -> str:
    return "\t".join([language, label, *[""] * 4, first, second, "1", pair, "genre", *[""] * 8]) + "\n"


@pytest.fixture
def read_text(tmp_path: Path) -> Reader:
    def run(reader: str, content: str | bytes, **options: object) -> ReadResult:
        path = tmp_path / "data"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, dataset(reader, **options))

    return run


def test_xnli_takes_spanish_rows_and_quotes_are_characters(read_text: Reader) -> None:
    rows = (
        xnli_row("en", "neutral", "Mom", "home", "1")
        + xnli_row("es", "neutral", '"Mamá', "dijo: \u2028 casa", "1")
        + xnli_row("es", "contradiction", 'no"', "sí", "2")
        + "zz\tshort row of a language that is not read\n"
    )
    assert read_text("xnli", XNLI_HEADER + rows) == ReadResult(
        [
            ClassificationExample("1", '"Mamá', "dijo: \u2028 casa", "neutral"),
            ClassificationExample("2", 'no"', "sí", "contradiction"),
        ],
        {},
        [],
    )


def test_xnli_without_spanish_rows_is_refused(read_text: Reader) -> None:
    with pytest.raises(UserError, match="no examples"):
        read_text("xnli", XNLI_HEADER + xnli_row("en", "neutral", "a", "b", "1"))


def test_translated_xnli_spells_contradiction_its_own_way(read_text: Reader) -> None:
    content = "premise\thypo\tlabel\nUno .\tDos .\tcontradictory\r\nTres .\t\tentailment\n"
    result = read_text("xnli_translated", content)
    assert [(pair.text, pair.text_pair, pair.label) for pair in result.examples] == [
        ("Uno .", "Dos .", "contradiction"),
        ("Tres .", "", "entailment"),
    ]
    assert result.repaired == {"contradictory_to_contradiction": ["1"]}
    assert result.repairs == {"contradictory_to_contradiction": 1}
    assert len(result.notes) == 1 and result.notes[0].startswith("line 3: a sentence is missing")


def test_paws_x(read_text: Reader) -> None:
    result = read_text("paws_x", 'id\tsentence1\tsentence2\tlabel\n7\t"A\tB\t0\n9\tNS\tD\t1\n\n', expected_examples=2)
    assert result.examples == [ClassificationExample("7", '"A', "B", "0"), ClassificationExample("9", "NS", "D", "1")]
    assert len(result.notes) == 1


def test_conll2002_in_both_encodings_and_widths(read_text: Reader) -> None:
    three = "La DA B-LOC\nCoruña NC I-LOC\n\n\n- Fg O\n\n"
    expected = [TaggedSentence("1", ("La", "Coruña"), ("B-LOC", "I-LOC")), TaggedSentence("2", ("-",), ("O",))]
    assert read_text("conll2002", three).examples == expected
    assert read_text("conll2002", three.encode("latin-1"), encoding="latin-1").examples == expected
    assert read_text("conll2002", "La B-LOC\nCoruña I-LOC\n\n- O").examples == expected


def test_conll2002_notes_an_entity_that_begins_with_i(read_text: Reader) -> None:
    result = read_text("conll2002", "a I-LOC\nb I-LOC\nc I-PER\nd B-PER\ne I-PER\n")
    assert result.examples[0].tags == ("I-LOC", "I-LOC", "I-PER", "B-PER", "I-PER")
    assert [note.split(":")[0] for note in result.notes] == ["line 1", "line 3"]


def test_conllu_of_both_versions(read_text: Reader) -> None:
    def row(number: str, form: str, upos: str) -> str:
        return "\t".join([number, form, "_", upos, *["_"] * 6]) + "\n"

    content = (
        "# sent_id = first-1\n# text = Dámelo 10 000\n"
        + row("1-2", "Dámelo", "_")
        + row("1", "Da", "VERB")
        + row("2", "me", "PRON")
        + row("2.1", "elided", "VERB")
        + row("3", "10 000", "NUM")
        + "\n# sent_id v1-name\n"
        + row("1", "#", "CONJ")
        + "\n"
        + row("1", "_", "PUNCT")
    )
    assert read_text("conllu", content).examples == [
        TaggedSentence("first-1", ("Da", "me", "10 000"), ("VERB", "PRON", "NUM")),
        TaggedSentence("v1-name", ("#",), ("CONJ",)),
        TaggedSentence("3", ("_",), ("PUNCT",)),
    ]


def test_mldoc_decodes_literals_and_plain_text(read_text: Reader) -> None:
    content = "CCAT\tb'Pesta\\xc3\\xb1a \\'x\\' \\\\n'\nECAT\tb\"it's\\ttab\"\nGCAT\tplano, b'no' ñ\tfin\n"
    result = read_text("mldoc", content)
    assert [(example.label, example.text, example.text_pair) for example in result.examples] == [
        ("CCAT", "Pestaña 'x' \\n", None),
        ("ECAT", "it's\ttab", None),
        ("GCAT", "plano, b'no' ñ\tfin", None),
    ]
    assert result.repairs == {"bytes_literals_decoded": 2}


@given(st.text(st.characters(codec="utf-8")))
def test_whatever_python_prints_for_bytes_is_read_back(text: str) -> None:
    assert decoded_literal(repr(text.encode()), Path("f"), 1) == text


@pytest.mark.parametrize(
    "text",
    [
        "b'a' + b'b'",
        "b'a' 'b'",
        "b'a'b'b'",
        "b'open",
        "b'ñ'",
        "b'\\q'",
        "b'\\xz1'",
        "b'''a'''",
        "b'%s' % __import__('os')",
        "b'\\xff'",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="f, line 7: "):
        decoded_literal(text, Path("f"), 7)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Uno. Dos. Tres.", ("Uno.", "Dos.")),
        ("¿Qué? ¡Eso! Fin", ("¿Qué?", "¡Eso!")),
        ("Dijo «no.» Luego", ("Dijo «no.»", "Luego")),
        ("Título\n  Madrid, 19 sep. dijo 3.5 puntos. El", ("Título", "Madrid, 19 sep. dijo 3.5 puntos.")),
        ("Una sola", ("Una sola", None)),
    ],
)
def test_first_two_sentences(text: str, expected: tuple[str, str | None]) -> None:
    assert first_two_sentences(text) == expected


def test_mldoc_can_take_two_sentences(read_text: Reader) -> None:
    (example,) = read_text("mldoc", "MCAT\tUno. Dos. Tres.\n", document="first_two_sentences").examples
    assert (example.text, example.text_pair) == ("Uno.", "Dos.")


def squad(context: str, *answers: tuple[str, int], names: tuple[str, ...] = ("q",)) -> str:
    listed = [{"text": text, "answer_start": start} for text, start in answers]
    questions = [{"id": name, "question": "¿?", "answers": listed} for name in names]
    return json.dumps({"version": "1.1", "data": [{"paragraphs": [{"context": context, "qas": questions}]}]})


def test_squad_moves_or_drops_answers_with_wrong_offsets(read_text: Reader) -> None:
    context = "\ufeffAna vio a Ana y Ana."
    result = read_text("squad", squad(context, ("Ana", 1), ("Ana", 9), ("Ana", -1), ("Eva", 2), ("", -1)))
    assert result.examples == [Question("q", "¿?", context, (Answer("Ana", 1), Answer("Ana", 11), Answer("Ana", 1)))]
    assert result.repairs == {"answers_moved": 2, "answers_dropped": 1, "empty_answers_dropped": 1}
    assert result.notes[0] == "question q: answer 'Ana' at 9 moved to 11"
    assert "the context does not hold it" in result.notes[2] and "it is empty" in result.notes[3]


def test_squad_keeps_a_question_that_lost_its_answers(read_text: Reader) -> None:
    result = read_text("squad", squad("nada", ("algo", 0)))
    assert result.examples == [Question("q", "¿?", "nada", ())]
    assert result.repaired == {"answers_dropped": ["q"], "questions_without_answer": ["q"]}


def test_the_manifest_counts_repairs_and_lists_where_they_were_made(read_text: Reader, tmp_path: Path) -> None:
    names = tuple(f"q{number}" for number in range(1500))
    result = read_text("squad", squad("Ana vio a Ana", ("Ana", 1), ("Ana", 9), ("Eva", 2), names=names))
    record = manifest("tar", dataset("squad"), result, tmp_path / "data", Stopwatch())
    assert record["repairs"] == {"answers_moved": 3000, "answers_dropped": 1500}
    assert record["repaired"] == {"answers_moved": list(names), "answers_dropped": list(names)}


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


XNLI_HUB = {"premise": ["Uno", '"Tres'], "hypothesis": ["Dos", ""], "label": [0, 2]}
PAWS_X_HUB = {"id": [1, 2], "sentence1": ["a", "NS"], "sentence2": ["b", "c"], "label": [1, 0]}


@pytest.fixture
def read_parquet(tmp_path: Path) -> Reader:
    def run(reader: str, columns: dict[str, list[object]], **options: object) -> ReadResult:
        parquet.write_table(pyarrow.table(columns), tmp_path / "data.parquet", row_group_size=1)
        return read(tmp_path / "data.parquet", dataset(reader, **options))

    return run


def test_the_hubs_xnli_has_numbers_for_classes(read_parquet: Reader) -> None:
    result = read_parquet("xnli", XNLI_HUB | {"language": ["es", "es"]}, expected_examples=2)
    assert result.examples == [
        ClassificationExample("1", "Uno", "Dos", "entailment"),
        ClassificationExample("2", '"Tres', "", "contradiction"),
    ]
    assert result.notes == ["row 2: a sentence is missing (empty or NS); the pair is kept as published"]


def test_the_hubs_paws_x_is_that_of_its_tsv(read_parquet: Reader, read_text: Reader) -> None:
    hub = read_parquet("paws_x", PAWS_X_HUB)
    tsv = read_text("paws_x", "id\tsentence1\tsentence2\tlabel\n1\ta\tb\t1\n2\tNS\tc\t0\n")
    assert hub.examples == tsv.examples
    assert len(hub.notes) == len(tsv.notes) == 1


@pytest.mark.parametrize(
    ("reader", "columns", "message"),
    [
        ("xnli", PAWS_X_HUB, "no column premise, hypothesis; it has: id, sentence1, sentence2, label"),
        ("xnli", XNLI_HUB | {"label": [0, 3]}, r"row 2: expected a label 0 \(entailment\), .*, found 3"),
        ("xnli", XNLI_HUB | {"label": [-1, 0]}, r"row 1: expected a label .*, found -1"),
        ("xnli", XNLI_HUB | {"label": ["neutral", "neutral"]}, "row 1: expected a label .*, found 'neutral'"),
        ("xnli", XNLI_HUB | {"premise": ["a", None]}, "row 2: expected a text in the column premise, found None"),
        ("xnli", XNLI_HUB | {"premise": [1, 2]}, "row 1: expected a text in the column premise, found 1"),
        ("paws_x", PAWS_X_HUB | {"label": [1, 2]}, r"row 2: expected a label 0 \(0\), 1 \(1\), found 2"),
        ("paws_x", {name: [] for name in PAWS_X_HUB}, "no examples"),
    ],
)
def test_other_tables_are_refused(read_parquet: Reader, reader: str, columns: dict[str, list], message: str) -> None:
    with pytest.raises(UserError, match=rf"data\.parquet: .*{message}"):
        read_parquet(reader, columns)


def test_what_is_no_parquet_or_cut_short_is_refused(read_parquet: Reader, tmp_path: Path) -> None:
    read_parquet("xnli", XNLI_HUB)
    path = tmp_path / "data.parquet"
    whole = path.read_bytes()
    for content in (b"premise\thypo\tlabel\n", whole[:-20], whole[:50] + bytes(20) + whole[70:]):
        path.write_bytes(content)
        with pytest.raises(UserError, match="not a Parquet file, or damaged"):
            read(path, dataset("xnli"))


XNLI_SHORT = XNLI_HEADER + xnli_row("es", "neutral", "a", "b", "1") + "es\tneutral\ta\tb\n"


@pytest.mark.parametrize(
    ("reader", "content", "message"),
    [
        ("xnli", XNLI_SHORT, "line 3: expected 19 columns separated by tabs, found 4"),
        ("xnli", "a\tb\n1\t2\n", "line 1: no column 'pairID' in the header; it has: a, b"),
        ("xnli_translated", "premise\thypo\tlabel\na\tb\t\n", "line 2: the label is empty"),
        ("paws_x", "id\tsentence1\tsentence2\tlabel\n1\ta\tb\t0\n\n2\ta\tb\t0\n", "line 3: expected 4 columns"),
        ("conll2002", "a NC O\nb O\n", "line 2: expected 3 columns with one space between them, found 2"),
        ("conll2002", "a\tNC\tO\n", "line 1: expected 2 or 3 columns"),
        ("conll2002", "a  O\n", "line 1: expected 3 columns"),
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


PUBLISHED = {
    "ner/esp.train": ("conll2002", 8323),
    "ner/esp.testa": ("conll2002", 1915),
    "ner/esp.testb": ("conll2002", 1517),
    "pos/es_ancora-ud-dev.conllu": ("conllu", 1654),
    "pos/es_ancora-ud-test.conllu": ("conllu", 1721),
    "pos/es_gsd-ud-dev.conllu": ("conllu", 1400),
    "pos/es_gsd-ud-test.conllu": ("conllu", 427),
    "pos/es_pud-ud-test.conllu": ("conllu", 1000),
    "pos/ud-1.4/es-ud-dev.conllu": ("conllu", 1552),
    "pos/ud-1.4/es-ud-test.conllu": ("conllu", 274),
    "pos/ud-1.4/es_ancora-ud-dev.conllu": ("conllu", 1654),
    "pos/ud-1.4/es_ancora-ud-test.conllu": ("conllu", 1721),
    "qa/xquad.es.json": ("squad", 1190),
    "qa/dev-v1.1-es_small.json": ("squad", 6583),
    "xnli/xnli.dev.tsv": ("xnli", 2490),
    "xnli/xnli.test.tsv": ("xnli", 5010),
}


on_real_data = pytest.mark.skipif(
    not os.environ.get("DISTILBETO_REAL_DATA"), reason="DISTILBETO_REAL_DATA names no folder of real data"
)


@on_real_data
@pytest.mark.parametrize("file", PUBLISHED)
def test_published_files_have_their_counts(file: str) -> None:
    reader, count = PUBLISHED[file]
    read(Path(os.environ["DISTILBETO_REAL_DATA"], file), dataset(reader, expected_examples=count))


STAND_INS = {
    "xnli/multinli.train.es.tsv": ("xnli_translated", 5844),
    "paws_x/es/translated_train.tsv": ("paws_x", 5749),
    "paws_x/es/dev_2k.tsv": ("paws_x", 1500),
    "paws_x/es/test_2k.tsv": ("paws_x", 1379),
    "mldoc/mldoc.es.train.4000": ("mldoc", 4000),
    "mldoc/mldoc.es.dev": ("mldoc", 600),
    "mldoc/mldoc.es.test": ("mldoc", 1400),
    "qa/tar-train.json": ("squad", 4802),
    "qa/tar-dev.json": ("squad", 1049),
}


@on_real_data
@pytest.mark.parametrize("file", STAND_INS)
def test_files_in_a_published_format_are_read(file: str) -> None:
    reader, count = STAND_INS[file]
    read(Path(os.environ["DISTILBETO_REAL_DATA"], file), dataset(reader, expected_examples=count))


@on_real_data
def test_no_data_set_is_left_unread() -> None:
    folder = Path(os.environ["DISTILBETO_REAL_DATA"])
    files = (path for task in ("xnli", "pos", "paws_x", "ner", "mldoc", "qa") for path in (folder / task).rglob("*"))
    assert {str(path.relative_to(folder)) for path in files if path.is_file()} == {*PUBLISHED, *STAND_INS}


@on_real_data
def test_all_that_is_wrong_with_tars_answers_is_that_some_are_empty() -> None:
    result = read(Path(os.environ["DISTILBETO_REAL_DATA"], "qa/dev-v1.1-es_small.json"), dataset("squad"))
    assert result.repairs == {"empty_answers_dropped": 4080}
    assert sum(len(question.answers) for question in result.examples) == 17899
    assert all(question.answers for question in result.examples)
