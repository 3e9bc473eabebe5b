"""Decompress text as a stream: .gz, .bz2, .xz and .zst, each with any number of members."""

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from distilbeto.errors import UserError
from distilbeto.job.progress import progress
from distilbeto.storage.files import replacing

CHUNK = 1 << 20
# Compressed bytes read at a time. Zeros expand 30,000 times: at most 128 MiB of them are in memory.
STEP = 1 << 12
LARGEST_WINDOW = 1 << 31  # that of `zstd --long=31`, with which some corpora are compressed
DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".gz": lambda: zlib.decompressobj(wbits=31),
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lzma.LZMADecompressor,
    ".zst": lambda: _zstandard().ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj(),
}
FIRST_BYTES = {
    ".gz": rb"\x1f\x8b\x08",
    ".bz2": rb"BZh[1-9]1AY&SY",
    ".xz": rb"\xfd7zXZ\x00|\x5d\x00\x00\x80",
    ".zst": rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18",
}
DAMAGE = (zlib.error, OSError, EOFError, lzma.LZMAError)


def decompress(packed: Path, target: Path, *, where: str) -> None:
    """Decompress a file, according to its suffix, to `target`: whole or not at all.

    Raises:
        UserError: as `decompressed`, or the disk is full.
    """
    with replacing(target) as temporary, packed.open("rb") as file, temporary.open("wb", buffering=CHUNK) as text:
        for piece in decompressed(read_chunks(file, packed.stat().st_size), packed.suffix.lower(), where=where):
            text.write(piece)


def decompressed(chunks: Iterable[bytes], suffix: str, *, where: str) -> Iterator[bytes]:
    """The content of a compressed stream in pieces that are not empty. Zeros between members are padding.

    Raises:
        UserError: the stream ends inside a member, or has data that are no member.
    """
    decompressor, members = None, 0
    for chunk in chunks:
        rest = chunk
        while rest := rest.lstrip(b"\0") if members and decompressor is None else rest:
            decompressor = decompressor or DECOMPRESSORS[suffix]()
            if piece := _decompress(decompressor, rest, suffix, where):
                yield piece
            rest = decompressor.unused_data
            if decompressor.eof:
                decompressor, members = None, members + 1
    if decompressor is not None or not members:
        raise UserError(
            f"cut short: it ends before its {suffix} data do",
            where=where,
            remedy="It was not copied or downloaded whole: get it again. Nothing of it was kept.",
        )


def _decompress(decompressor: Any, data: bytes, suffix: str, where: str) -> bytes:
    try:
        piece: bytes = decompressor.decompress(data)
    except _damage(suffix) as error:
        raise UserError(
            f"damaged, or no {suffix} data: {error}",
            where=where,
            remedy="Get the file again; or, if it is not what its name says, give it the right suffix.",
        ) from None
    return piece


def _damage(suffix: str) -> tuple[type[Exception], ...]:
    return (*DAMAGE, _zstandard().ZstdError) if suffix == ".zst" else DAMAGE


def _zstandard() -> Any:
    """Imported where it is needed: a GPU's bare image may lack it."""
    import zstandard

    return zstandard


def read_chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    """The content of a file in chunks, with a progress display."""
    for chunk in progress(iter(lambda: file.read(CHUNK), b""), total=-(-size // CHUNK), unit="MiB"):
        yield from (chunk[start : start + STEP] for start in range(0, len(chunk), STEP))


def compression_suffix(first_bytes: bytes) -> str | None:
    """The suffix for the compression of a file with these first bytes; None if it has none."""
    return next((suffix for suffix, pattern in FIRST_BYTES.items() if re.match(pattern, first_bytes)), None)
