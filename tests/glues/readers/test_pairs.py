"""XNLI and PAWS-X, as published and as on the Hub."""

from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet
from tests.glues.readers.forms import XNLI_HEADER, Reader, dataset, xnli_row

from distilbeto.errors import UserError
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.readers import read
from distilbeto.glues.readers.result import ReadResult


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
