"""How often each token of the vocabulary occurs in a corpus."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.shards import Shard, ShardSet
from distilbeto.errors import UserError
from distilbeto.job.progress import progress
from distilbeto.storage.arrays import open_arrays, write_arrays

FORMAT = "token-counts-1"
CHUNK_TOKENS = 2**18  # they fit into a core's cache


def count_tokens(shard_set: ShardSet, vocab_size: int) -> NDArray[np.int64]:
    """Occurrences of each id in all shards, CLS and SEP included: [vocab_size].

    Raises:
        UserError: the corpus has no sequence, or a shard holds an id outside the vocabulary.
    """
    if shard_set.starts[-1] == 0:
        raise UserError(
            f"no sequence was kept in any of the corpus's {len(shard_set.shards)} shards",
            remedy="Compare min_tokens and max_unk_rate of the corpus's `sequences` with its text.",
        )
    counts = np.zeros(vocab_size, np.int64)
    for shard in progress(shard_set.shards, total=len(shard_set.shards), unit="shards"):
        counts += count_shard(shard, vocab_size)
    return counts


def count_shard(shard: Shard, vocab_size: int) -> NDArray[np.int64]:
    """Occurrences of each id in one shard: [vocab_size]."""
    counts, tokens = np.zeros(vocab_size, np.int64), shard.tokens
    for start in range(0, tokens.size, CHUNK_TOKENS):
        found = np.bincount(tokens[start : start + CHUNK_TOKENS], minlength=vocab_size)
        if found.size > vocab_size:
            raise UserError(f"token {found.size - 1} is outside the vocabulary of {vocab_size}", where=shard.path)
        counts += found
    return counts


def write_token_counts(
    path: Path, counts: NDArray[np.int64], shard_set: ShardSet, fingerprint: str, record: dict[str, Any]
) -> None:
    """Write `counts` with the tokenizer's fingerprint, the size of the corpus, and the provenance `record`."""
    size = {"sequences": int(shard_set.starts[-1]), "tokens": int(counts.sum())}
    write_arrays(path, FORMAT, {"counts": counts}, {"tokenizer": fingerprint, **size, "provenance": record})


def load_token_counts(path: Path, fingerprint: str) -> NDArray[np.int64]:
    """The counts [vocab_size] that `write_token_counts` wrote.

    Raises:
        UserError: the file is missing or damaged, or counts the tokens of another tokenizer than `fingerprint`.
    """
    arrays, metadata = open_arrays(path, FORMAT)
    if metadata["tokenizer"] != fingerprint:
        raise UserError(
            f"the counts are of tokenizer {metadata['tokenizer']}, expected tokenizer {fingerprint}",
            where=path,
            remedy="Count the tokens of the corpus again with the tokenizer in use.",
        )
    return np.asarray(arrays["counts"])
