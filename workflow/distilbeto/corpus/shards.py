"""Read token shards through memory maps, one at a time or as one long list of sequences."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.arrays import open_arrays
from distilbeto.corpus.shard_writer import FORMAT, tokens_sha256
from distilbeto.errors import UserError


class Shard(NamedTuple):
    """Sequence i is tokens[offsets[i]:offsets[i + 1]], CLS and SEP included. Both arrays are read-only memory maps."""

    path: Path
    tokens: NDArray[np.uint16]
    offsets: NDArray[np.uint64]
    metadata: dict[str, Any]


class ShardSet(NamedTuple):
    """Shards as one list of sequences: shard k holds the sequences starts[k] to starts[k + 1] - 1."""

    shards: list[Shard]
    starts: NDArray[np.int64]


def open_shard(path: Path, fingerprint: str | None = None) -> Shard:
    """Map a shard; its content is not read, see `verify_shard`.

    Raises:
        UserError: the file is missing, cut short, of another format, or made with another tokenizer than `fingerprint`.
    """
    arrays, metadata = open_arrays(path, FORMAT)
    shard = Shard(path, np.asarray(arrays["tokens"]), np.asarray(arrays["offsets"]), metadata)
    if fingerprint is not None and metadata["tokenizer"] != fingerprint:
        raise UserError(
            f"the shard was made with tokenizer {metadata['tokenizer']}, expected tokenizer {fingerprint}",
            where=path,
            remedy="Tokenize the corpus again with the tokenizer in use, or use the one it was made with.",
        )
    if shard.offsets.size == 0 or shard.offsets[0] != 0 or shard.offsets[-1] != shard.tokens.size:
        raise _damaged(path, f"the offsets do not fit the {shard.tokens.size} tokens")
    return shard


def verify_shard(path: Path) -> Shard:
    """Read a whole shard and compare it with its checksum.

    Raises:
        UserError: as `open_shard`, or the content is not what was written.
    """
    shard = open_shard(path)
    expected, found = shard.metadata["tokens_sha256"], tokens_sha256(shard.tokens, shard.offsets)
    if found != expected:
        raise _damaged(path, f"the content has the checksum {found[:16]}..., expected {expected[:16]}...")
    return shard


def _damaged(path: Path, what: str) -> UserError:
    return UserError(f"damaged shard: {what}", where=path, remedy="Delete it and run again.")


def open_shards(paths: Iterable[Path], fingerprint: str) -> ShardSet:
    """Map shards in the given order, which numbers their sequences.

    Raises:
        UserError: as `open_shard`, for the first shard that is wrong.
    """
    shards = [open_shard(path, fingerprint) for path in paths]
    return ShardSet(shards, np.cumsum([0, *(shard.offsets.size - 1 for shard in shards)], dtype=np.int64))


def sequence_lengths(shard_set: ShardSet, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of tokens of the sequences `indices` [n], in that order: [n]."""
    lengths = np.empty(indices.size, np.int64)
    for positions, shard, rows in _by_shard(shard_set, indices):
        lengths[positions] = shard.offsets[rows + 1] - shard.offsets[rows]
    return lengths


def sequences(shard_set: ShardSet, indices: NDArray[np.int64]) -> list[NDArray[np.uint16]]:
    """The sequences `indices` [n], in that order: n views into the memory maps."""
    found: list[NDArray[np.uint16]] = [np.empty(0, np.uint16)] * indices.size
    for positions, shard, rows in _by_shard(shard_set, indices):
        begins, ends = shard.offsets[rows].tolist(), shard.offsets[rows + 1].tolist()
        for position, begin, end in zip(positions.tolist(), begins, ends, strict=True):
            found[position] = shard.tokens[begin:end]
    return found


def _by_shard(
    shard_set: ShardSet, indices: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], Shard, NDArray[np.int64]]]:
    """For each shard that `indices` touches: positions in `indices`, the shard, and rows within it."""
    if indices.size == 0:
        return
    if not 0 <= indices.min() <= indices.max() < shard_set.starts[-1]:
        raise IndexError(f"sequences {indices.min()} to {indices.max()} of {shard_set.starts[-1]}")
    shard_numbers = np.searchsorted(shard_set.starts, indices, side="right") - 1
    order = np.argsort(shard_numbers, kind="stable")
    touched, begins = np.unique(shard_numbers[order], return_index=True)
    for number, positions in zip(touched, np.split(order, begins[1:]), strict=True):
        yield positions, shard_set.shards[number], indices[positions] - shard_set.starts[number]
