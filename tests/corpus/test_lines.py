"""Text is repaired where no meaning is lost, and every repair is counted."""

import io
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.corpus import lines as lines_module
from distilbeto.corpus.lines import lines_of, sample_of
from distilbeto.corpus.ranges import Block, ByteRange
from distilbeto.corpus.sequences import Counts


@pytest.mark.parametrize(
    ("content", "repairs"),
    [
        ("uno\ndos\n", Counts()),
        ("uno\ndos", Counts()),
        ("uno\r\ndos\r\n", Counts(carriage_returns=2)),
        ("\ufeffuno\ndos\n", Counts(byte_order_marks=1)),
        ("u\0no\0\ndos\n\0", Counts(nuls=3)),
        ("\t uno\u00a0\n  dos\n", Counts()),
    ],
    ids=["plain", "no last line feed", "carriage returns", "byte-order mark", "NUL", "white space"],
)
def test_repairs_are_counted(content: str, repairs: Counts) -> None:
    lines, found = lines_of(io.BytesIO(), Block(0, content.encode()))
    assert [line for line in lines if line] == ["uno", "dos"]
    assert found == repairs


def test_letters_and_accents_are_composed_and_their_lines_counted() -> None:
    composed = "el niño\ncomió pan\nagua\nq\u0302\n"
    lines, found = lines_of(io.BytesIO(), Block(0, normalize("NFD", composed).encode()))
    assert (lines, found) == (composed.split("\n")[:-1], Counts(nfc_normalized=2))
    assert lines_of(io.BytesIO(), Block(0, composed.encode())) == (lines, Counts())


@given(st.text())
def test_text_that_is_composed_is_not_changed(text: str) -> None:
    composed = normalize("NFC", text.replace("\0", ""))
    lines, found = lines_of(io.BytesIO(), Block(1, composed.encode()))
    assert lines == [line.strip() for line in composed.removesuffix("\n").split("\n")]
    assert found.nfc_normalized == 0


def test_a_byte_order_mark_counts_at_the_start_of_the_file_only() -> None:
    content = "\ufeffpan\n\ufeffy\n".encode()
    assert lines_of(io.BytesIO(), Block(0, content))[0] == ["pan", "\ufeffy"]
    assert lines_of(io.BytesIO(), Block(9, content))[0] == ["\ufeffpan", "\ufeffy"]


contents = st.lists(st.text("abñ", max_size=9), max_size=60).map(lambda lines: "".join(f"{line}\n" for line in lines))


@given(content=contents)
def test_a_small_range_is_its_own_sample(content: str) -> None:
    encoded = content.encode()
    lines = ByteRange(0, len(encoded))
    assert sample_of(io.BytesIO(encoded), lines) == content.split("\n")[:-1]


def test_a_sample_of_a_large_range_has_lines_of_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines_module, "SAMPLE_BYTES", 20)
    content = b"".join(b"%06d\n" % number for number in range(10_000))
    numbers = [int(line) for line in sample_of(io.BytesIO(content), ByteRange(7 * 1000, 7 * 9000))]
    parts = [[n for n in numbers if 1000 + 250 * part <= n < 1250 + 250 * part] for part in range(32)]
    assert all(2 <= len(part) <= 4 for part in parts)
    assert sum(map(len, parts)) == len(numbers)
