"""The lines of a block of a text file: decoded, and repaired where no meaning is lost. All repairs are counted."""

from typing import BinaryIO
from unicodedata import is_normalized, normalize

from distilbeto.corpus.ranges import Block, ByteRange, line_number, line_start, read_blocks
from distilbeto.corpus.sequences import Counts
from distilbeto.errors import UserError

BYTE_ORDER_MARK = "\ufeff"
SAMPLE_PIECES = 32
SAMPLE_BYTES = 8192


def lines_of(file: BinaryIO, block: Block, *, nfc: bool = True) -> tuple[list[str], Counts]:
    """The lines of a block of `file`, without white space around them, and the counts of repairs.

    A byte-order mark at the start of the file, carriage returns before line feeds, and NUL characters are removed.
    With `nfc`, letters and accents that combine (NFD) become one character (NFC), as vocabularies have them.

    Raises:
        UserError: a byte is not UTF-8.
    """
    text = _decoded(file, block)
    marks = int(block.offset == 0 and text.startswith(BYTE_ORDER_MARK))
    returns, nuls = block.content.count(b"\r\n"), block.content.count(b"\0")
    kept = text[marks:].replace("\0", "").removesuffix("\n")
    lines, decomposed = kept.split("\n"), 0
    if nfc and not is_normalized("NFC", kept):
        decomposed = sum(not is_normalized("NFC", line) for line in lines)
        lines = [normalize("NFC", line) for line in lines]
    repairs = Counts(byte_order_marks=marks, carriage_returns=returns, nuls=nuls, nfc_normalized=decomposed)
    return [line.strip() for line in lines], repairs


def sample_of(file: BinaryIO, lines: ByteRange, *, nfc: bool = True) -> list[str]:
    """Some lines of every part of a range: about SAMPLE_BYTES from each of SAMPLE_PIECES parts, at most all of them.

    Raises:
        UserError: as `lines_of` and `read_blocks`.
    """
    sample: list[str] = []
    size = lines.end - lines.start
    for piece in range(SAMPLE_PIECES):
        start, end = (lines.start + size * part // SAMPLE_PIECES for part in (piece, piece + 1))
        begin, stop = (line_start(file, place) for place in (start, min(end, start + SAMPLE_BYTES)))
        for block in read_blocks(file, ByteRange(begin, min(stop, lines.end))):
            sample += lines_of(file, block, nfc=nfc)[0]
    return sample


def _decoded(file: BinaryIO, block: Block) -> str:
    try:
        return block.content.decode()
    except UnicodeDecodeError as error:
        position = block.offset + error.start
        raise UserError(
            f"byte 0x{block.content[error.start]:02x} at offset {position} is not UTF-8",
            where=file.name,
            line=line_number(file, position),
            remedy="Convert the file, for example: iconv -f ISO-8859-1 -t UTF-8 (or -f UTF-16, if that is what it is).",
        ) from None
