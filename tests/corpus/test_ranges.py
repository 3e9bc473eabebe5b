import io
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.corpus import ranges
from distilbeto.corpus.ranges import ByteRange, line_number, line_range, read_blocks
from distilbeto.errors import UserError

contents = st.lists(st.sampled_from([b"\n", b"a", b"\r", b"bc", b"\xc3\xb1", b"\n\n"])).map(b"".join)


@given(content=contents, shards=st.integers(1, 12), block_bytes=st.integers(1, 8))
def test_shards_partition_the_lines(content: bytes, shards: int, block_bytes: int) -> None:
    file, size = io.BytesIO(content), len(content)
    found = []
    for shard in range(shards):
        lines = line_range(file, size, shard, shards)
        for block in read_blocks(file, lines, block_bytes):
            assert content[block.offset : block.offset + len(block.content)] == block.content
            found += _lines(block.content)
    assert found == _lines(content)


@given(content=contents, shards=st.integers(1, 12))
def test_a_line_belongs_to_the_shard_in_which_it_begins(content: bytes, shards: int) -> None:
    size, begin = len(content), 0
    for line in _lines(content):
        [owner] = [k for k in range(shards) if size * k // shards <= begin < size * (k + 1) // shards]
        lines = line_range(io.BytesIO(content), size, owner, shards)
        assert lines.start <= begin
        assert begin + len(line) <= lines.end
        begin += len(line)


def _lines(content: bytes) -> list[bytes]:
    *whole, last = content.split(b"\n")
    return [line + b"\n" for line in whole] + [last] * bool(last)


def test_line_number_counts_line_feeds_before_the_position() -> None:
    file = io.BytesIO(b"uno\ndos\ntres")
    assert [line_number(file, position) for position in (0, 3, 4, 8, 11)] == [1, 1, 2, 3, 3]


def test_a_file_without_lines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "novel.txt"
    path.write_bytes(b"corta\n" + b"a" * 100 + b"\nfin\n")
    with path.open("rb") as file, patch.object(ranges, "MAX_LINE_BYTES", 50), pytest.raises(UserError) as error:
        list(read_blocks(file, ByteRange(0, 110), 16))
    assert f"{path}, line 2: no line feed in 50 bytes from byte 6" in str(error.value)
