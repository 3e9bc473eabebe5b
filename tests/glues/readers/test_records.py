"""The general reader: tables in any file, by their columns."""

import json
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from tests.glues.readers.forms import Reader, dataset

from distilbeto.errors import UserError
from distilbeto.glues.examples import (
    Answer,
    ClassificationExample,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
    read_examples,
    write_examples,
)
from distilbeto.glues.readers import read
from distilbeto.glues.readers.result import ReadResult

REVIEWS = {"text": "review", "label": "stars"}
STARS = {1: "neg", 5: "pos"}


@pytest.fixture
def read_file(tmp_path: Path) -> Reader:
    def run(name: str, content: str | bytes, **options: object) -> ReadResult:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(tmp_path / name, dataset("records", **options))

    return run


@pytest.fixture
def read_parquet(tmp_path: Path) -> Reader:
    def run(data: dict[str, Any], features: dict[str, Any] | None = None, **options: object) -> ReadResult:
        table = pyarrow.table(data)
        if features:
            metadata = {"huggingface": json.dumps({"info": {"features": features}})}
            table = table.replace_schema_metadata(metadata)
        parquet.write_table(table, tmp_path / "data.parquet", row_group_size=1)
        return read(tmp_path / "data.parquet", dataset("records", **options))

    return run


ROWS = [('Muy "bueno", señora.', "5"), ("Caro:\nno vuelvo; nunca.", "1"), ("NA", "5"), ("2020-01-01\t¡007!", "1")]
CLASSES = ["pos", "neg", "pos", "neg"]


def quoted(delimiter: str, everything: bool = False) -> str:
    def field(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if everything or {*text} & {'"', "\n", delimiter} else text

    return "".join(delimiter.join(map(field, row)) + "\r\n" for row in [("review", "stars"), *ROWS])


LINES = "".join(json.dumps({"review": text, "stars": int(stars)}) + "\n" for text, stars in ROWS)
FORMS = {
    "comma.csv": quoted(","),
    "mark.csv": "\ufeff" + quoted(","),
    "semicolon.csv": quoted(";"),
    "tab.csv": quoted("\t"),
    "quoted.csv": quoted(",", everything=True),
    "quoted_semicolon.csv": quoted(";", everything=True),
    "tab.tsv": quoted("\t"),
    "quoted.tsv": quoted("\t", everything=True),
    "latin.csv": quoted(",").encode("latin-1"),
    "lines.jsonl": LINES,
    "lines.json": LINES,
    "list.json": json.dumps([json.loads(line) for line in LINES.splitlines()], indent=1),
    "data.json": json.dumps({"version": "1", "data": [json.loads(line) for line in LINES.splitlines()]}),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_a_table_holds_the_same(read_file: Reader, name: str) -> None:
    encoding = {"encoding": "latin-1"} if name == "latin.csv" else {}
    result = read_file(name, FORMS[name], columns=REVIEWS, label_map=STARS, **encoding)
    assert [example.text for example in result.examples] == [text for text, _ in ROWS]
    assert [example.label for example in result.examples] == CLASSES


def test_parquet_holds_the_same(read_parquet: Reader) -> None:
    columns = {"stars": [float(stars) for _, stars in ROWS], "review": [text for text, _ in ROWS]}
    result = read_parquet(columns, columns=REVIEWS, label_map=STARS)
    assert result.examples[0] == ClassificationExample("1", ROWS[0][0], None, "pos")
    assert [(example.text, example.label) for example in result.examples] == [
        (text, label) for (text, _), label in zip(ROWS, CLASSES, strict=True)
    ]


def test_quotation_marks_between_tabs_are_characters_unless_they_quote(read_file: Reader) -> None:
    """A mark that opens no quoted text must not swallow the lines after it."""
    rows = ['"Hola" , dijo', '"Adiós"', 'una "palabra', '"sin fin']
    result = read_file("a.tsv", "label\ttext\n" + "".join(f"x\t{row}\n" for row in rows))
    assert [example.text for example in result.examples] == rows


def test_an_example_is_known_by_the_line_where_it_begins(read_file: Reader) -> None:
    result = read_file("a.csv", 'text,label\n"dos\nlíneas",a\n\nuna,b\n')
    assert [example.id for example in result.examples] == ["2", "5"]


def test_columns_decide_the_kind_of_example(read_file: Reader) -> None:
    line = {"premise": "Llueve.", "hypothesis": "Truena.", "n": 3.5, "topics": ["b", "a"], "key": 7, "flag": True}
    content = json.dumps(line) + "\n"
    pair = {"id": "key", "text": "premise", "text_pair": "hypothesis"}
    found = {
        role: read_file("a.jsonl", content, columns=pair | {role: column}).examples[0]
        for role, column in {"label": "flag", "target": "n", "labels": "topics"}.items()
    }
    assert found["label"] == ClassificationExample("7", "Llueve.", "Truena.", "true")
    assert found["target"] == RegressionExample("7", "Llueve.", "Truena.", 3.5)
    assert found["labels"] == MultiLabelExample("7", "Llueve.", "Truena.", ("b", "a"))


@pytest.mark.parametrize(
    ("cell", "labels"), [("a b", ("a", "b")), ('["a", "con espacio"]', ("a", "con espacio")), ("", ()), ("[]", ())]
)
def test_labels_of_a_text_are_separated_by_spaces_or_a_json_list(
    read_file: Reader, cell: str, labels: tuple[str, ...]
) -> None:
    quoted_cell = cell.replace('"', '""')
    (example,) = read_file("a.csv", f'text,labels\nHola,"{quoted_cell}"\n').examples
    assert example.labels == labels


def test_labels_are_columns_of_ones(read_file: Reader) -> None:
    columns = {"text": "text", "labels": ["economy", "sports"]}
    content = "text,economy,sports\nuno,1,0\ndos,0,0\ntres,1,true\n"
    result = read_file("a.csv", content, columns=columns, label_map={"economy": "ECON", "sports": "SPORT"})
    assert [example.labels for example in result.examples] == [("ECON",), (), ("ECON", "SPORT")]


def test_the_usual_names_need_no_configuration(read_file: Reader) -> None:
    contents = {
        '{"sentence": "a", "label": "x"}': ClassificationExample("1", "a", None, "x"),
        '{"idx": 3, "sentence2": "b", "label": 1, "sentence1": "a"}': ClassificationExample("1", "a", "b", "1"),
        '{"sentence1": "a", "sentence2": "b", "score": 4.2}': RegressionExample("1", "a", "b", 4.2),
        '{"text": "a", "labels": ["x"]}': MultiLabelExample("1", "a", None, ("x",)),
        '{"id": "s", "tokens": ["a", "b"], "ner_tags": ["O", "B-PER"]}': TaggedSentence(
            "1", ("a", "b"), ("O", "B-PER")
        ),
        '{"words": "a b", "tags": "O B-PER"}': TaggedSentence("1", ("a", "b"), ("O", "B-PER")),
    }
    for content, example in contents.items():
        assert read_file("a.jsonl", content).examples == [example]


@pytest.mark.parametrize(
    "content",
    [
        '{"text": "a", "sentence": "b", "label": 1}',
        '{"sentence1": "a", "sentence2": "b", "label": 1, "score": 0.5}',
        '{"tokens": ["a"], "pos_tags": ["NOUN"], "ner_tags": ["O"]}',
        '{"text": "a", "text_pair": "b", "sentence2": "c", "label": 1}',
        '{"review": "a", "stars": 1}',
    ],
)
def test_what_is_not_clear_is_asked(read_file: Reader, content: str) -> None:
    with pytest.raises(UserError, match=r"which columns are meant is not clear; there are: '\w+', '\w+'"):
        read_file("a.jsonl", content)


def test_the_hub_names_its_classes(read_parquet: Reader) -> None:
    classes = {"names": ["neg", "pos"], "_type": "ClassLabel"}
    columns = {"text": ["a", "b"], "label": [1, 0]}
    result = read_parquet(columns, {"text": {"dtype": "string", "_type": "Value"}, "label": classes})
    assert [example.label for example in result.examples] == ["pos", "neg"]
    assert result.notes == ["labels as the file names them: 0 is neg, 1 is pos"]
    mapped = read_parquet(columns, {"label": classes}, label_map={0: "bad", 1: "good"})
    assert [example.label for example in mapped.examples] == ["good", "bad"]


@pytest.mark.parametrize("kind", ["Sequence", "List"])
def test_the_hub_names_its_tags(read_parquet: Reader, kind: str) -> None:
    classes = {"feature": {"names": ["O", "B-PER"], "_type": "ClassLabel"}, "_type": kind}
    result = read_parquet({"tokens": [["Ana", "va"]], "ner_tags": [[1, 0]]}, {"ner_tags": classes})
    assert result.examples == [TaggedSentence("1", ("Ana", "va"), ("B-PER", "O"))]


def test_the_hubs_xnli_and_paws_x_need_their_columns_alone(read_parquet: Reader) -> None:
    names = ["entailment", "neutral", "contradiction"]
    xnli = {"premise": ["Uno", '"Tres'], "hypothesis": ["Dos", ""], "label": [0, 2]}
    result = read_parquet(xnli, {"label": {"names": names, "_type": "ClassLabel"}}, empty_texts="keep")
    assert result.examples == [
        ClassificationExample("1", "Uno", "Dos", "entailment"),
        ClassificationExample("2", '"Tres', "", "contradiction"),
    ]
    assert result.notes[-1] == "row 2: a text is empty; kept"
    paws_x = {"id": [1, 2], "sentence1": ["a", "NS"], "sentence2": ["b", "c"], "label": [1, 0]}
    columns = {"id": "id", "text": "sentence1", "text_pair": "sentence2", "label": "label"}
    result = read_parquet(paws_x, columns=columns, expected_examples=2)
    assert result.examples == [ClassificationExample("1", "a", "b", "1"), ClassificationExample("2", "NS", "c", "0")]


@pytest.mark.parametrize("damage", [b"premise\tlabel\n", 20, 50])
def test_what_is_no_parquet_or_cut_short_is_refused(read_parquet: Reader, tmp_path: Path, damage: bytes | int) -> None:
    read_parquet({"text": ["a", "b"], "label": [1, 0]})
    path = tmp_path / "data.parquet"
    whole = path.read_bytes()
    path.write_bytes(
        damage if isinstance(damage, bytes) else whole[:-20] if damage == 20 else whole[:50] + bytes(20) + whole[70:]
    )
    with pytest.raises(UserError, match="not a Parquet file, or damaged"):
        read(path, dataset("records"))


def test_a_list_of_labels_counts_from_0(read_file: Reader) -> None:
    content = '{"tokens": ["Ana", "va"], "tags": [1, 0]}\n'
    result = read_file("a.jsonl", content, label_map=["O", "B-PER"])
    assert result.examples[0].tags == ("B-PER", "O")


@pytest.mark.parametrize(
    "answers",
    [
        {"text": ["Bogotá", "es"], "answer_start": [0, 7]},
        [{"text": "Bogotá", "answer_start": 0}, {"text": "es", "answer_start": 7}],
        {"answer_start": [3, 7], "text": ["Bogotá", "es"]},
    ],
)
def test_questions_as_the_hub_has_them(read_file: Reader, answers: object) -> None:
    row = {"id": 3, "title": "T", "context": "Bogotá es", "question": "¿Qué?", "answers": answers}
    result = read_file("a.jsonl", json.dumps(row))
    assert result.examples == [Question("3", "¿Qué?", "Bogotá es", (Answer("Bogotá", 0), Answer("es", 7)))]
    moved = isinstance(answers, dict) and answers["answer_start"] == [3, 7]
    assert result.repairs == ({"answers_moved": 1} if moved else {})


def test_questions_of_parquet(read_parquet: Reader) -> None:
    answers = [{"text": ["Bogotá"], "answer_start": [0]}]
    columns = {"id": ["x"], "context": ["Bogotá es"], "question": ["¿Qué?"], "answers": answers}
    assert read_parquet(columns).examples == [Question("x", "¿Qué?", "Bogotá es", (Answer("Bogotá", 0),))]


def test_where_selects_rows(read_file: Reader) -> None:
    rows = [{"text": name, "label": "x", "partition": name, "fold": fold} for fold, name in enumerate(["a", "b", "c"])]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    found = {
        str(where): [example.text for example in read_file("a.jsonl", content, where=where).examples]
        for where in ({"partition": "b"}, {"partition": ["a", "c"]}, {"fold": 1}, {"fold": [1, 2], "partition": "c"})
    }
    assert [*found.values()] == [["b"], ["a", "c"], ["b"], ["c"]]
    with pytest.raises(UserError, match="no row is as `where` says; there are partition: 'a', 'b', 'c'"):
        read_file("a.jsonl", content, where={"partition": "train"})


def test_empty_texts_are_kept_on_request(read_file: Reader) -> None:
    content = '{"sentence1": "a", "sentence2": "", "label": 1}\n{"sentence1": null, "sentence2": "b", "label": 0}\n'
    kept = read_file("a.jsonl", content, empty_texts="keep").examples
    assert [(example.text, example.text_pair) for example in kept] == [("a", ""), ("", "b")]
    with pytest.raises(UserError, match=r"a\.jsonl, line 1: column 'sentence2': expected a text with words, found ''"):
        read_file("a.jsonl", content)


WRONG: list[tuple[str, str | bytes, dict[str, Any], str]] = [
    (
        "a.csv",
        "Review,stars\nHola,1\n",
        {"columns": REVIEWS},
        "no column 'review'; .* 'Review', 'stars'\n  Is 'Review'",
    ),
    ("a.csv", "reviews;stars\nHola;1\n", {"columns": REVIEWS}, "there are: 'reviews', 'stars'\n  Is 'reviews' meant"),
    ("a.csv", "Hola,1\nAdiós,2\n", {"columns": REVIEWS}, "there are: 'Hola', '1'\n.* the first line names the columns"),
    ("a.csv", "text,label\na,b\nHola, sí,x\n", {}, r"line 3: expected 2 columns, .* found 3: 'Hola, sí,x'\n.*a comma"),
    ("a.csv", 'text,label\n"Hola,x\ny,x\n"z",x\n', {}, r"line 2: not valid CSV.*\n  A quotation mark is not closed"),
    ("a.csv", 'text,label\nb,x\n"Hola,x\ny,x\n', {}, r"line 3: not valid CSV.*\n  A quotation mark is not closed"),
    ("a.csv", 'text,label\n"Hola" dijo,x\n', {}, r"line 2: not valid CSV"),
    ("a.csv", "text,label,text\na,b,c\n", {}, "line 1: two columns are called 'text'"),
    ("a.csv", "text,label\nSeñor,x\n".encode("latin-1"), {}, "line 2: .* set `encoding: latin-1`"),
    ("a.csv", "text,label\n", {}, "the file holds no rows"),
    ("a.csv", "text,label\n  ,x\n", {}, r"line 2: column 'text': expected a text with words, found '  '"),
    ("a.csv", "text,label\nHola,\n", {}, r"line 2: column 'label': expected a label, found ''"),
    (
        "a.csv",
        "text,label\nHola,3\n",
        {"label_map": STARS},
        r"line 2: .* expected one of 1 \(neg\), 5 \(pos\), found '3'",
    ),
    ("a.csv", 'text,score\nHola,"3,5"\n', {}, r"line 2: column 'score': expected a number, found '3,5'\n  Write 3.5"),
    ("a.csv", "text,score\nHola,nan\n", {}, r"line 2: column 'score': expected a number, found 'nan'"),
    ("a.csv", 'text,labels\nHola,"a, b"\n', {}, r"line 2: column 'labels': expected labels with spaces"),
    ("a.csv", "text,labels\nHola,a a\n", {}, r"line 2: column 'labels': expected each label once, found 'a a'"),
    (
        "a.csv",
        "text,x\nHola,2\n",
        {"columns": {"text": "text", "labels": ["x"]}},
        "line 2: column 'x': expected 1 or 0",
    ),
    ("a.jsonl", '{"text": "a", "label": 1.5}', {}, r"line 1: column 'label'.* 1\.5\n.*`target`"),
    (
        "a.jsonl",
        '{"text": "a", "label": 1}\n\n{"text": 5, "label": 1}',
        {},
        "line 3: column 'text': expected a text, found 5",
    ),
    ("a.jsonl", '{"text": "a", "label": 1}\n{"label": 1}', {}, "line 2: column 'text': expected a text, found nothing"),
    ("a.jsonl", '{"text": "a", "label": 1}\n{"text": ', {}, r"line 2: not valid JSON: .* \(character \d+\)"),
    ("a.jsonl", '{"text": "a", "label": 1, "text": "b"}', {}, "line 1: an object has the key 'text' twice"),
    ("a.jsonl", '{"text": "\\ud83d", "label": 1}', {}, "line 1: column 'text': .* surrogate"),
    ("a.jsonl", '["a", 1]', {}, "line 1: expected a JSON object a line"),
    ("a.jsonl", '{"text": "a", "labels": 1}', {}, "line 1: column 'labels'.*\n.* `label`"),
    ("a.jsonl", '{"tokens": ["a", "b"], "tags": ["O"]}', {}, "line 1: 2 tokens and 1 tags"),
    (
        "a.jsonl",
        '{"tokens": ["a"], "tags": ["O"]}\n{"tokens": "a", "tags": ["O"]}',
        {},
        "line 2: column 'tokens': expected a list, found 'a'",
    ),
    ("a.jsonl", '{"tokens": ["a", ""], "tags": ["O", "O"]}', {}, "line 1: column 'tokens': expected a text with words"),
    ("a.jsonl", '{"tokens": [], "tags": []}', {}, "line 1: column 'tokens': expected words"),
    (
        "a.jsonl",
        '{"tokens": ["a"], "tags": [2]}',
        {"label_map": ["O", "B-PER"]},
        r"line 1: column 'tags': .* 1 \(B-PER\), found 2",
    ),
    (
        "a.jsonl",
        '{"question": "q", "context": "c", "answers": "c"}',
        {},
        "line 1: column 'answers': expected answers such as",
    ),
    (
        "a.jsonl",
        '{"question": "q", "context": "c", "answers": {"text": ["c"], "answer_start": []}}',
        {},
        "line 1: column 'answers'",
    ),
    ("a.json", '{"text": {"0": "a"}, "label": {"0": 1}}', {}, "expected a list of objects.*\n.*orient='records'"),
    ("a.json", '{"data": [{"title": "t", "paragraphs": []}]}', {}, "not clear.*\n.*`reader: squad`"),
    ("a.json", '[{"text": "a", "label": 1},]', {}, "line 1: not valid JSON"),
    ("a.xlsx", "text", {}, r"expected a file named \.parquet, \.csv, .* found \.xlsx"),
    ("a.parquet", "text,label\n", {}, r"not a Parquet file, or damaged"),
]


@pytest.mark.parametrize(("name", "content", "options", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_place(
    read_file: Reader, name: str, content: str | bytes, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=rf"(?s){name}(: |, ).*{message}"):
        read_file(name, content, **options)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "answer_start"]), inner),
    max_leaves=6,
)
NAMES = ["text", "sentence2", "label", "labels", "score", "tokens", "tags", "question", "context", "answers", "id"]
RECORDS = st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES, max_size=3)


@given(RECORDS, st.booleans(), st.lists(st.sampled_from(NAMES), max_size=3, unique=True))
def test_no_values_make_the_reader_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, records: list[Any], lines: bool, text: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / ("any.jsonl" if lines else "any.json")
    path.write_text("".join(json.dumps(each) + "\n" for each in records) if lines else json.dumps(records))
    columns = {"text": "text", "labels": text} if text else {}
    readable(path, columns=columns)


@given(
    st.binary(max_size=80) | st.text('a"\t\n\r;,{}[]:', max_size=40).map(str.encode),
    st.sampled_from(["any.csv", "any.tsv", "any.jsonl", "any.json", "any.parquet"]),
)
def test_no_bytes_make_the_reader_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    readable(path)
    readable(path, columns={"text": "a", "label": "a"})


def readable(path: Path, **options: object) -> None:
    try:
        examples = read(path, dataset("records", **options)).examples
    except UserError:
        return
    write_examples(path.with_suffix(".examples"), examples)
    assert read_examples(path.with_suffix(".examples")) == examples


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": {"text": "a"}}, "no kind of example: text; expected: "),
        ({"columns": {"text": "a", "label": "b", "target": "c"}}, "no kind of example"),
        ({"columns": {"text": "a", "label": ["b", "c"]}}, "columns.label is one column; only labels may be several"),
        ({"columns": {"txt": "a"}}, "columns.txt"),
        ({"reader": "mldoc", "where": {"a": "b"}}, "where is read by `reader: records`, not by mldoc"),
    ],
)
def test_settings_that_fit_no_example_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataset(**{"reader": "records"} | options)
