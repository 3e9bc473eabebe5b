"""XNLI and PAWS-X, as published."""

import pytest
from tests.glues.readers.forms import XNLI_HEADER, Reader, xnli_row

from distilbeto.errors import UserError
from distilbeto.glues.examples import ClassificationExample
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
