"""Named arrays in one safetensors file, with metadata, read by memory map.

Shards, token counts and features share this format: eight bytes of header length, a JSON header, then flat
little-endian data (https://huggingface.co/docs/safetensors). A file names its `format`, so that a reader given the
wrong kind of file says so.
"""

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.files import replacing

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


class ArrayFile(NamedTuple):
    """The read-only memory-mapped arrays of a file, and its metadata."""

    arrays: dict[str, NDArray[Any]]
    metadata: dict[str, Any]


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
        UserError: the file is missing, cut short, damaged, or of another format.
    """
    header, data_start = _read_header(path)
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
    return ArrayFile(
        {name: _map(path, data_start, entry) for name, entry in header.items()}, json.loads(strings["metadata"])
    )


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
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


def _map(path: Path, data_start: int, entry: dict[str, Any]) -> NDArray[Any]:
    dtype, shape, (start, end) = np.dtype(DTYPES[entry["dtype"]]), tuple(entry["shape"]), entry["data_offsets"]
    if start == end:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype, mode="r", offset=data_start + start, shape=shape)
