"""Unpack the wanted members of an archive: only regular files, and never outside the target folder."""

import io
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from distilbeto.errors import UserError
from distilbeto.job.progress import progress
from distilbeto.sources.compression import CHUNK, compression_suffix, decompressed, read_chunks
from distilbeto.sources.names import choose, is_archive, is_wanted, plain_name
from distilbeto.storage.files import replacing

DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
BLOCK = 512

Wanted = Callable[[str], bool]


def is_to_be_unpacked(path: Path, files: list[str]) -> bool:
    """Whether `path` is an archive: by its name, or by its content if `files` name others than itself."""
    if set(files) <= {path.name, plain_name(path.name)}:
        return not files and is_archive(path.name)
    return is_archive(path.name) or zipfile.is_zipfile(path) or _is_tar(path)


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except EOFError:  # of a truncated compressed file
        return False


def unpack(archive: Path, folder: Path, files: list[str], *, origin: str) -> None:
    """Unpack `files` (all if empty) of a zip or tar archive below `folder`; compressed text stays compressed.

    Raises:
        UserError: the archive is damaged or truncated; a wanted member is missing, is a link, or is outside `folder`.
    """
    unpack_members = _unpack_zip if zipfile.is_zipfile(archive) else _unpack_tar
    try:
        names = list(unpack_members(archive, folder, lambda name: is_wanted(name, files), origin))
    except DAMAGE as error:
        raise UserError(f"not a readable archive: {error}", where=origin) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise UserError(f"damaged archive: {error}", where=origin) from None
    choose(names, files, where=origin)


def safe_name(name: str, *, where: str) -> str:
    """A member's path in normal form, relative and below its folder.

    Raises:
        UserError: the path is absolute or contains "..".
    """
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not path.parts or ":" in path.parts[0]:
        raise UserError(
            f"unsafe path {name!r}", where=where, remedy="Paths must be relative and stay below their folder."
        )
    return str(path)


def _unpack_zip(archive: Path, folder: Path, wanted: Wanted, origin: str) -> Iterator[str]:
    with zipfile.ZipFile(archive) as opened:
        members = [member for member in opened.infolist() if not member.is_dir()]
        for member in progress(members, total=len(members), unit="files"):
            name = safe_name(member.filename, where=origin)
            if wanted(name):
                if member.flag_bits & 1 or (member.external_attr >> 16) & 0o170000 == 0o120000:
                    raise UserError(f"{name} is encrypted or a link; only plain files are unpacked", where=origin)
                with opened.open(member) as content:
                    _write(content, folder / name)
            yield name


def _unpack_tar(archive: Path, folder: Path, wanted: Wanted, origin: str) -> Iterator[str]:
    with archive.open("rb") as file:
        suffix = compression_suffix(file.read(16))
        file.seek(0)
        chunks = read_chunks(file, archive.stat().st_size)
        stream = _Stream(decompressed(chunks, suffix, where=origin) if suffix else chunks)
        with tarfile.open(fileobj=stream, mode="r|") as opened:
            for member in opened:
                if member.isdir():
                    continue
                name = safe_name(member.name, where=origin)
                if wanted(name):
                    content = opened.extractfile(member) if member.isreg() else None
                    if content is None:
                        raise UserError(f"{name} is a link or a device; only plain files are unpacked", where=origin)
                    _write(content, folder / name)
                yield name
        stream.require_end()


def _write(content: IO[bytes], target: Path) -> None:
    with replacing(target) as temporary, temporary.open("wb") as file:
        shutil.copyfileobj(content, file, CHUNK)


class _Stream(io.RawIOBase):
    """A stream of pieces for tarfile, which needs nothing of it but `read`."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._last = pieces, b""

    def read(self, _size: int = -1, /) -> bytes:
        piece = next(self._pieces, b"")
        self._last = (self._last + piece)[-BLOCK:] if len(piece) < BLOCK else piece[-BLOCK:]
        return piece

    def require_end(self) -> None:
        """Check the last block, of zeros: tarfile accepts an archive that is cut between two members."""
        while self.read():
            pass
        if self._last != bytes(BLOCK):
            raise tarfile.ReadError("cut short: it does not end as a tar archive does")
