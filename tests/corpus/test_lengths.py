"""The distribution of sequence lengths."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.corpus import lengths
from distilbeto.corpus.lengths import length_counts, read_lengths, write_lengths
from distilbeto.corpus.shard_writer import write_shard
from distilbeto.corpus.shards import open_shard
from distilbeto.errors import UserError

MakeShard = Callable[..., Path]


def test_lengths_of_all_shards_are_counted_and_those_that_occur_written(make_shard: MakeShard, tmp_path: Path) -> None:
    shards = [
        open_shard(make_shard("a", [[4, 7, 5]])),
        open_shard(make_shard("none", [])),
        open_shard(make_shard("b", [[4, 7, 8, 9, 5], [4, 7, 5]])),
    ]
    write_lengths(tmp_path / "lengths.csv", length_counts(shards))
    assert (tmp_path / "lengths.csv").read_text() == "length,sequences\n3,2\n5,1\n"


@given(st.lists(st.lists(st.integers(1, 40), max_size=30), max_size=3), st.integers(1, 7))
def test_the_counts_do_not_depend_on_how_they_are_taken(
    tmp_path_factory: pytest.TempPathFactory, shards: list[list[int]], chunk: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    for number, shard in enumerate(shards):
        tokens, offsets = np.zeros(sum(shard), np.uint16), np.cumsum([0, *shard], dtype=np.uint64)
        write_shard(folder / str(number), tokens, offsets, {"tokenizer": "abc"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lengths, "CHUNK_SEQUENCES", chunk)
        counts = length_counts(open_shard(folder / str(number)) for number in range(len(shards)))
    every = [length for shard in shards for length in shard]
    assert {length: count for length, count in enumerate(counts.tolist()) if count} == {
        length: every.count(length) for length in every
    }


@given(st.lists(st.integers(0, 2**40), min_size=2).filter(any))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, counts: list[int]) -> None:
    path = tmp_path_factory.mktemp("lengths") / "lengths.csv"
    write_lengths(path, np.array(counts, np.int64))
    assert read_lengths(path).tolist() == np.trim_zeros(np.array(counts), "b").tolist()


@pytest.mark.parametrize("text", ["", "length,sequences\n", "file,shard\na,1\n"])
def test_another_table_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.csv").write_text(text)
    with pytest.raises(UserError, match=r"other\.csv: expected a table of length and sequences"):
        read_lengths(tmp_path / "other.csv")
