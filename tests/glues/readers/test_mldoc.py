"""MLDoc, and the Python literals that it was published as."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.glues.readers.forms import Reader

from distilbeto.errors import UserError
from distilbeto.glues.readers.mldoc import decoded_literal, first_two_sentences


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
