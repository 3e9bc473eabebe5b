from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from distilbeto.corpus.shard_writer import FORMAT
from distilbeto.corpus.shards import open_shard, open_shards, sequence_lengths, sequences, verify_shard
from distilbeto.errors import UserError
from distilbeto.storage.arrays import token_dtype, write_arrays

MakeShard = Callable[..., Path]
CONTENT = [[4, 7, 8, 5], [4, 9, 5], [4, 7, 7, 7, 5]]


def test_what_was_written_is_read(make_shard: MakeShard) -> None:
    shard = verify_shard(make_shard("x", CONTENT))
    rows = np.split(shard.tokens, shard.offsets[1:-1].astype(np.int64))
    assert [row.tolist() for row in rows] == CONTENT
    assert shard.metadata["file"] == "text"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(data=st.data())
def test_a_set_of_shards_is_one_list_of_sequences(make_shard: MakeShard, data: st.DataObject) -> None:
    rows = st.lists(st.integers(0, 49), min_size=3, max_size=6)
    contents = data.draw(st.lists(st.lists(rows, max_size=4), min_size=1, max_size=4))
    shard_set = open_shards([make_shard(f"s{k}", content) for k, content in enumerate(contents)], "abc")
    expected = [row for content in contents for row in content]
    assert shard_set.starts[-1] == len(expected)
    numbers = st.lists(st.integers(0, len(expected) - 1)) if expected else st.just([])
    indices = np.array(data.draw(numbers), np.int64)
    assert [found.tolist() for found in sequences(shard_set, indices)] == [expected[i] for i in indices]
    assert sequence_lengths(shard_set, indices).tolist() == [len(expected[i]) for i in indices]


@pytest.mark.parametrize("index", [-1, 3])
def test_a_sequence_that_is_not_there_is_an_error(make_shard: MakeShard, index: int) -> None:
    shard_set = open_shards([make_shard("x", CONTENT)], "abc")
    with pytest.raises(IndexError):
        sequence_lengths(shard_set, np.array([index]))


def test_another_tokenizer_is_refused_naming_both(make_shard: MakeShard) -> None:
    path = make_shard("x", CONTENT)
    with pytest.raises(UserError, match=r"x\.safetensors: .*tokenizer abc, expected tokenizer def"):
        open_shards([path], "def")


def test_a_shard_cut_short_is_refused_at_once(make_shard: MakeShard) -> None:
    path = make_shard("x", CONTENT)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="cut short"):
        open_shard(path)


def test_offsets_that_do_not_fit_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    arrays = {"tokens": np.zeros(5, np.uint16), "offsets": np.array([0, 4], np.uint64)}
    write_arrays(path, FORMAT, arrays, {"tokenizer": "abc"})
    with pytest.raises(UserError, match="damaged shard"):
        open_shard(path, "abc")


@pytest.mark.parametrize("position", [-1, -24])
def test_a_flipped_bit_is_found(make_shard: MakeShard, position: int) -> None:
    path = make_shard("x", CONTENT)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged shard"):
        verify_shard(path)


def test_ids_fit_their_type() -> None:
    assert (token_dtype(65536), token_dtype(65537)) == (np.uint16, np.uint32)
