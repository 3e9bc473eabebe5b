"""Cut a text file into byte ranges of whole lines.

A line belongs to the range in which it begins: the ranges of a file partition its lines, whatever the number of ranges.
The number of shards can be planned from an approximate size; where they begin follows from the exact one. Only a line
feed ends a line; the last line may lack it.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from distilbeto.errors import UserError

BLOCK_BYTES = 2**20
MAX_LINE_BYTES = 2**23


class ByteRange(NamedTuple):
    """The bytes from start to end - 1 of a file."""

    start: int
    end: int


class Block(NamedTuple):
    """Whole lines, and the byte at which they begin in the file."""

    offset: int
    content: bytes


def line_range(file: BinaryIO, size: int, shard: int, shards: int) -> ByteRange:
    """The lines that begin in bytes [size * shard // shards, size * (shard + 1) // shards) of a file of that size."""
    return ByteRange(line_start(file, size * shard // shards), line_start(file, size * (shard + 1) // shards))


def line_start(file: BinaryIO, position: int) -> int:
    """The position of the first line that begins at or after `position`; the end of the file if there is none."""
    if position == 0:
        return 0
    at = position - 1
    file.seek(at)
    while block := file.read(BLOCK_BYTES):
        found = block.find(b"\n")
        if found >= 0:
            return at + found + 1
        at += len(block)
    return at


def read_blocks(file: BinaryIO, lines: ByteRange, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """The whole lines of a range, about `block_bytes` at a time.

    Raises:
        UserError: a line is longer than MAX_LINE_BYTES: the file is no text with line feeds.
    """
    file.seek(lines.start)
    offset, unread, content = lines.start, lines.end - lines.start, b""
    while unread and (block := file.read(min(block_bytes, unread))):
        unread -= len(block)
        content += block
        whole = content.rfind(b"\n") + 1 if unread else len(content)
        if whole:
            yield Block(offset, content[:whole])
            offset, content = offset + whole, content[whole:]
        elif len(content) > MAX_LINE_BYTES:
            raise UserError(
                f"no line feed in {MAX_LINE_BYTES} bytes from byte {offset}: expected one sentence or document a line",
                where=file.name,
                line=line_number(file, offset),
                remedy="Write it with a line feed (\\n) at the end of each sentence.",
            )


def line_number(file: BinaryIO, position: int) -> int:
    """The number, from 1, of the line that holds the byte at `position`. Reads the file up to there."""
    file.seek(0)
    number, unread = 1, position
    while unread and (block := file.read(min(BLOCK_BYTES, unread))):
        number += block.count(b"\n")
        unread -= len(block)
    return number
