"""Read token shards: whole ones as memory maps, or chosen sequences from all of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.shard_writer import FORMAT, tokens_sha256
from distilbeto.errors import UserError
from distilbeto.storage.arrays import ArrayPlace, find_arrays, map_array, read_slices


class Shard(NamedTuple):
    """A file of token sequences, not kept open. Sequence i is tokens[offsets[i]:offsets[i + 1]], with CLS and SEP."""

    path: Path
    places: dict[str, ArrayPlace]
    sequences: int
    metadata: dict[str, Any]

    @property
    def tokens(self) -> NDArray[Any]:
        """[tokens], a memory map."""
        return map_array(self.places["tokens"])

    @property
    def offsets(self) -> NDArray[np.uint64]:
        """[sequences + 1], a memory map."""
        return map_array(self.places["offsets"])


class ShardSet(NamedTuple):
    """Shards as one list of sequences: shard k holds the sequences starts[k] to starts[k + 1] - 1."""

    shards: list[Shard]
    starts: NDArray[np.int64]  # [shards + 1]


def open_shard(path: Path, fingerprint: str | None = None) -> Shard:
    """Open a shard; its content is not read, see `verify_shard`.

    Raises:
        UserError: the file is missing, truncated, of another format, or made with another tokenizer than `fingerprint`.
    """
    places, metadata = find_arrays(path, FORMAT)
    (tokens,), (offsets,) = places["tokens"].shape, places["offsets"].shape
    if fingerprint is not None and metadata["tokenizer"] != fingerprint:
        raise UserError(
            f"the shard was made with tokenizer {metadata['tokenizer']}, expected tokenizer {fingerprint}",
            where=path,
            remedy="Tokenize the corpus again with the tokenizer in use, or use the one it was made with.",
        )
    ends = read_slices(places["offsets"], [(0, 1), (offsets - 1, offsets)]) if offsets else []
    if [end.tolist() for end in ends] != [[0], [tokens]]:
        raise _damaged(path, f"the offsets do not fit the {tokens} tokens")
    return Shard(path, places, offsets - 1, metadata)


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
    """Open shards in the given order, which numbers their sequences.

    Raises:
        UserError: as `open_shard`, for the first shard that is wrong.
    """
    shards = [open_shard(path, fingerprint) for path in paths]
    return ShardSet(shards, np.cumsum([0, *(shard.sequences for shard in shards)], dtype=np.int64))


def sequence_lengths(shard_set: ShardSet, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of tokens of the sequences `indices` [n], in that order: [n]."""
    lengths = np.empty(indices.size, np.int64)
    for positions, shard, rows in _by_shard(shard_set, indices):
        bounds = _bounds(shard, rows)
        lengths[positions] = bounds[:, 1] - bounds[:, 0]
    return lengths


def sequences(shard_set: ShardSet, indices: NDArray[np.int64]) -> list[NDArray[Any]]:
    """The tokens of the sequences `indices` [n], in that order: n arrays."""
    found: list[NDArray[Any]] = [np.empty(0, np.uint16)] * indices.size
    for positions, shard, rows in _by_shard(shard_set, indices):
        read = read_slices(shard.places["tokens"], map(tuple, _bounds(shard, rows).tolist()))
        for position, tokens in zip(positions.tolist(), read, strict=True):
            found[position] = tokens
    return found


def _bounds(shard: Shard, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the tokens of sequences begin and end: [rows, 2]."""
    return np.stack(read_slices(shard.places["offsets"], ((row, row + 2) for row in rows.tolist()))).astype(np.int64)


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
