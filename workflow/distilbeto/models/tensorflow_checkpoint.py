"""Read a TensorFlow checkpoint without TensorFlow."""

import math
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.models.tensorflow_format import (
    BLOCK_TRAILER_BYTES,
    DTYPES,
    FOOTER_BYTES,
    MAGIC,
    Entry,
    data_file,
    masked_crc32c,
    read_block,
    read_entry,
    read_message,
    read_varint,
)

AGAIN = "Fetch the checkpoint again: all of its files must come from the same save."


def read_checkpoint(prefix: Path) -> dict[str, NDArray[Any]]:
    """All variables of the checkpoint `prefix` (prefix.index, prefix.data-00000-of-00001, ...), by name, memory-mapped.

    Checksums of the index and of every variable are verified.

    Raises:
        UserError: a file is missing or damaged, is no checkpoint, or holds what is not a plain array of numbers.
    """
    index = prefix.with_name(f"{prefix.name}.index")
    try:
        records = dict(_table(index))
        header = read_message(records.pop(b""))
        entries = {name.decode(): read_entry(record) for name, record in records.items()}
    except (KeyError, IndexError, ValueError, struct.error):
        raise UserError("damaged index of a checkpoint", where=index, remedy=AGAIN) from None
    if header.get(2, [0])[0] != 0:
        raise UserError("a big-endian checkpoint; only little-endian ones are read", where=index)
    shards = _map_shards(prefix, header.get(1, [1])[0])
    return {name: _array(name, entry, shards, index) for name, entry in entries.items()}


def _table(index: Path) -> Iterator[tuple[bytes, bytes]]:
    """The pairs of a LevelDB table: its footer points to a block of pointers to blocks of pairs."""
    try:
        data = index.read_bytes()
    except FileNotFoundError:
        raise UserError("file not found", where=index) from None
    footer = data[-FOOTER_BYTES:]
    if len(footer) < FOOTER_BYTES or struct.unpack("<Q", footer[-8:]) != (MAGIC,):
        raise UserError("not the index of a TensorFlow checkpoint, or cut short", where=index, remedy=AGAIN)
    _, after_metaindex = _read_handle(footer, 0)
    pointers, _ = _read_handle(footer, after_metaindex)
    for _, pointer in read_block(_block(data, pointers, index)):
        yield from read_block(_block(data, _read_handle(pointer, 0)[0], index))


def _read_handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    """A block's (offset, size), and the position after it."""
    offset, position = read_varint(data, position)
    size, position = read_varint(data, position)
    return (offset, size), position


def _block(data: bytes, handle: tuple[int, int], index: Path) -> bytes:
    offset, size = handle
    stored = data[offset : offset + size + BLOCK_TRAILER_BYTES]
    if len(stored) < size + BLOCK_TRAILER_BYTES or struct.unpack("<I", stored[-4:]) != (masked_crc32c(stored[:-4]),):
        raise UserError("damaged index of a checkpoint: a checksum is wrong", where=index, remedy=AGAIN)
    if stored[size] != 0:
        raise UserError("a compressed index, which TensorFlow does not write for checkpoints", where=index)
    return stored[:size]


def _map_shards(prefix: Path, count: int) -> list[NDArray[np.uint8]]:
    paths = [prefix.with_name(data_file(prefix.name, shard, count)) for shard in range(count)]
    for path in paths:
        if not path.is_file():
            raise UserError(f"file not found; the index names {count} data file(s)", where=path, remedy=AGAIN)
    return [np.memmap(path, np.uint8, "r") if path.stat().st_size else np.empty(0, np.uint8) for path in paths]


def _array(name: str, entry: Entry, shards: list[NDArray[np.uint8]], index: Path) -> NDArray[Any]:
    dtype = DTYPES.get(entry.dtype)
    if dtype is None or entry.sliced or entry.shard >= len(shards):
        raise UserError(
            f"variable {name} is sliced, or of a type that is not read (number {entry.dtype} of tensorflow.DataType)",
            where=index,
            remedy="Save it by name, as tf.compat.v1.train.Saver does, with weights as float32.",
        )
    stored = shards[entry.shard][entry.offset : entry.offset + entry.size]
    if entry.size != math.prod(entry.shape) * dtype.itemsize or masked_crc32c(stored) != entry.crc32c:
        raise UserError(f"variable {name} is cut short or damaged", where=index, remedy=AGAIN)
    return stored.view(dtype).reshape(entry.shape)
