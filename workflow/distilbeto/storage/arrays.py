"""Named arrays in one safetensors file, with metadata, read by memory map.

Shards, token counts and features share this format: eight bytes of header length, a JSON header, then flat
little-endian data (https://huggingface.co/docs/safetensors). A file names its `format`, so that a reader given the
wrong kind of file says so.
"""

import json
import os
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.storage.files import replacing

DTYPES = {
    "U8": "<u1",
    "U16": "<u2",
    "U32": "<u4",
    "U64": "<u8",
    "I16": "<i2",
    "I32": "<i4",
    "I64": "<i8",
    "F32": "<f4",
    "F64": "<f8",
}
CHUNK_ITEMS = 2**22


class ArrayPlace(NamedTuple):
    """Where an array lies: it begins at byte `start` of the file."""

    path: Path
    start: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


class ArrayFile(NamedTuple):
    """The read-only memory-mapped arrays of a file, and its metadata."""

    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]


def token_dtype(vocab_size: int) -> np.dtype[Any]:
    """The smallest type that holds every id of a vocabulary: uint16, or uint32 above 65,536 entries."""
    return np.dtype(np.uint16 if vocab_size <= 2**16 else np.uint32)


def write_arrays(path: Path, format_name: str, arrays: Mapping[str, NDArray[Any]], metadata: Mapping[str, Any]) -> None:
    """Write `arrays` (any shapes, C order) and JSON-able `metadata` as one file, whole or not at all.

    Equal content makes equal bytes. Memory maps are copied in pieces, not loaded: safetensors' own writer would hold
    them in memory.
    """
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    header: dict[str, Any] = {"__metadata__": {"format": format_name, "metadata": _json(metadata)}}
    ordered = sorted(arrays.items(), key=lambda item: (-item[1].dtype.itemsize, item[0]))  # each array aligned
    end = 0
    for name, array in ordered:
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": names[array.dtype], "shape": array.shape, "data_offsets": [begin, end]}
    content = _json(header).encode()
    content += b" " * (-len(content) % 8)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(struct.pack("<Q", len(content)) + content)
        for _, array in ordered:
            flat = array.reshape(-1)
            for start in range(0, flat.size, CHUNK_ITEMS):
                file.write(np.ascontiguousarray(flat[start : start + CHUNK_ITEMS]).data)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def open_arrays(path: Path, format_name: str) -> ArrayFile:
    """Map the arrays of `path` without loading them.

    Raises:
        UserError: as `find_arrays`.
    """
    places, metadata = find_arrays(path, format_name)
    return ArrayFile({name: map_array(place) for name, place in places.items()}, metadata)


def find_arrays(path: Path, format_name: str) -> tuple[dict[str, ArrayPlace], dict[str, Any]]:
    """The places of the arrays of `path`, and its metadata.

    Raises:
        UserError: the file is missing, cut short, damaged, or of another format.
    """
    header, data_start = read_header(path)
    strings = header.pop("__metadata__", {})
    if strings.get("format") != format_name:
        raise UserError(f"expected a file of format {format_name}, found {strings.get('format')}", where=path)
    expected = data_start + max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if path.stat().st_size != expected:
        raise UserError(
            f"the file has {path.stat().st_size} bytes, its header says {expected}: it was cut short or damaged",
            where=path,
            remedy="Delete it and run again.",
        )
    places = {
        name: ArrayPlace(
            path, data_start + entry["data_offsets"][0], np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"])
        )
        for name, entry in header.items()
    }
    return places, json.loads(strings["metadata"])


def map_array(place: ArrayPlace) -> NDArray[Any]:
    """The whole array as a read-only memory map."""
    if 0 in place.shape:
        return np.empty(place.shape, place.dtype)
    return np.asarray(np.memmap(place.path, place.dtype, mode="r", offset=place.start, shape=place.shape))


def read_slices(place: ArrayPlace, slices: Iterable[tuple[int, int]]) -> list[NDArray[Any]]:
    """The items begin, ..., end - 1 of a flat array for each of `slices`, read without mapping or keeping the file.

    For a few slices of many files: a memory map keeps a file open, and counts all that the system maps around a slice
    as memory of the process.
    """
    size = place.dtype.itemsize
    with place.path.open("rb", buffering=0) as file:
        number = file.fileno()
        read = [os.pread(number, (end - begin) * size, place.start + begin * size) for begin, end in slices]
    return [np.frombuffer(content, place.dtype) for content in read]


def read_header(path: Path) -> tuple[dict[str, Any], int]:
    """The JSON header of a safetensors file, and the byte at which its data begin.

    Raises:
        UserError: the file is missing, is no safetensors file, or ends in its header.
    """
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > path.stat().st_size:
                raise ValueError("header longer than the file")
            return json.loads(file.read(length)), 8 + length
    except FileNotFoundError:
        raise UserError("file not found", where=path) from None
    except (struct.error, ValueError):
        raise UserError("not a safetensors file, or cut short", where=path, remedy="Delete it and run again.") from None
