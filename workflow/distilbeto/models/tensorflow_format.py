"""The pieces of TensorFlow's checkpoint format.

A checkpoint ("tensor bundle", tensorflow/core/util/tensor_bundle) is an index and data files. The index is a sorted
table in LevelDB's format that maps a variable's name to a protocol-buffer record of where its values stand; the data
files hold the flat little-endian values.
"""

import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

MAGIC = 0xDB4775248B80FB57
FOOTER_BYTES = 48
BLOCK_TRAILER_BYTES = 5
DTYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    2: np.dtype("<f8"),
    3: np.dtype("<i4"),
    9: np.dtype("<i8"),
    19: np.dtype("<f2"),
}
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5

Fields = dict[int, list[Any]]


class Entry(NamedTuple):
    """Where the values of a variable stand (BundleEntryProto)."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc32c: int
    sliced: bool


def masked_crc32c(content: bytes | NDArray[Any]) -> int:
    """LevelDB's checksum: a CRC-32C, rotated and shifted so that it may stand inside data that is summed again."""
    import google_crc32c

    crc: int = google_crc32c.value(content)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def data_file(prefix_name: str, shard: int, shards: int) -> str:
    return f"{prefix_name}.data-{shard:05}-of-{shards:05}"


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """The number that starts at `position`, seven bits a byte, lowest first, and the position after it."""
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def read_message(data: bytes) -> Fields:
    """The fields of a protocol-buffer message by number, undecoded: integers, or bytes."""
    fields: Fields = {}
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        value, position = _read_value(data, position, key & 7)
        fields.setdefault(key >> 3, []).append(value)
    return fields


def _read_value(data: bytes, position: int, wire_type: int) -> tuple[Any, int]:
    if wire_type == VARINT:
        return read_varint(data, position)
    if wire_type == BYTES:
        length, position = read_varint(data, position)
        return data[position : position + length], position + length
    if wire_type not in (FIXED32, FIXED64):
        raise ValueError(f"protocol-buffer wire type {wire_type}")
    layout = "<I" if wire_type == FIXED32 else "<Q"
    return struct.unpack_from(layout, data, position)[0], position + struct.calcsize(layout)


def read_entry(record: bytes) -> Entry:
    fields = read_message(record)
    dimensions = read_message(fields.get(2, [b""])[0]).get(2, [])
    shape = tuple(read_message(dimension).get(1, [0])[0] for dimension in dimensions)
    dtype, shard, offset, size, crc = (fields.get(number, [0])[0] for number in (1, 3, 4, 5, 6))
    return Entry(dtype, shape, shard, offset, size, crc, sliced=7 in fields)


def read_block(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The (key, value) pairs of a table's block; a key is stored as its difference from the one before."""
    (restarts,) = struct.unpack_from("<I", block, len(block) - 4)
    position, end, key = 0, len(block) - 4 * (restarts + 1), b""
    while position < end:
        shared, position = read_varint(block, position)
        unshared, position = read_varint(block, position)
        length, position = read_varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + length]
        position += length
