from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from distilbeto.corpus import counts as counting
from distilbeto.corpus.counts import count_tokens, load_token_counts, write_token_counts
from distilbeto.corpus.shards import open_shards
from distilbeto.errors import UserError

MakeShard = Callable[..., Path]


def test_counts_are_those_of_the_tokens(make_shard: MakeShard) -> None:
    rows = np.random.default_rng(0).integers(0, 50, (20, 9)).tolist()
    shard_set = open_shards([make_shard("a", rows[:12]), make_shard("b", []), make_shard("c", rows[12:])], "abc")
    with patch.object(counting, "CHUNK_TOKENS", 7):
        counts = count_tokens(shard_set, 60)
    ids, expected = np.unique(rows, return_counts=True)
    assert counts.size == 60
    assert counts[ids].tolist() == expected.tolist()
    assert counts.sum() == 180


def test_counts_are_read_back_by_the_same_tokenizer_only(make_shard: MakeShard, tmp_path: Path) -> None:
    shard_set, path = open_shards([make_shard("a", [[4, 7, 5]])], "abc"), tmp_path / "counts.safetensors"
    counts = count_tokens(shard_set, 50)
    write_token_counts(path, counts, shard_set, "abc", {})
    assert load_token_counts(path, "abc").tolist() == counts.tolist()
    with pytest.raises(UserError, match="of tokenizer abc, expected tokenizer def"):
        load_token_counts(path, "def")


def test_a_corpus_without_sequences_is_refused(make_shard: MakeShard) -> None:
    with pytest.raises(UserError, match="no sequence was kept in any of the corpus's 2 shards"):
        count_tokens(open_shards([make_shard("a", []), make_shard("b", [])], "abc"), 50)


def test_an_id_outside_the_vocabulary_is_refused(make_shard: MakeShard) -> None:
    with pytest.raises(UserError, match="token 49 is outside the vocabulary of 49"):
        count_tokens(open_shards([make_shard("a", [[4, 49, 5]])], "abc"), 49)
