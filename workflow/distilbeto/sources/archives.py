"""Unpack the wanted members of an archive: regular files only, and never outside the target folder."""

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
from distilbeto.progress import progress

CHUNK = 1 << 20
SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
SHOWN = 20

Wanted = Callable[[str], bool]


def is_to_be_unpacked(path: Path, files: list[str]) -> bool:
    """Whether `path` is an archive by its name, or by its content when `files` other than itself are wanted of it."""
    if files in ([], [path.name]):
        return not files and path.name.lower().endswith(SUFFIXES)
    return path.name.lower().endswith(SUFFIXES) or zipfile.is_zipfile(path) or tarfile.is_tarfile(path)


def unpack(archive: Path, folder: Path, files: list[str], *, origin: str) -> None:
    """Unpack `files` (all if empty) of a zip or tar archive below `folder`.

    Raises:
        UserError: the archive is damaged, a wanted member is missing, is a link, or leads out of `folder`.
    """
    unpack_members = _unpack_zip if zipfile.is_zipfile(archive) else _unpack_tar
    try:
        names = list(unpack_members(archive, folder, lambda name: not files or name in files, origin))
    except DAMAGE as error:
        raise UserError(f"not a readable archive: {error}", where=origin) from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise UserError(f"damaged archive: {error}", where=origin) from None
    require_files(files, names, where=origin)


def require_files(files: list[str], there: list[str], *, where: str) -> None:
    """Refuse if one of `files` is not among those that are there.

    Raises:
        UserError: naming what is missing and what is there instead.
    """
    missing = sorted(set(files) - set(there))
    if missing:
        shown = "\n    ".join(sorted(there)[:SHOWN]) or "nothing"
        more = f"\n    and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        raise UserError(f"no {', '.join(missing)} in it", where=where, remedy=f"It holds:\n    {shown}{more}")


def safe_name(name: str, *, where: str) -> str:
    """A member's path in normal form, relative and below its folder.

    Raises:
        UserError: the path is absolute or climbs.
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
    with (
        archive.open("rb") as file,
        tarfile.open(fileobj=_Reported(file, archive.stat().st_size), mode="r|*") as opened,
    ):
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


def _write(content: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        shutil.copyfileobj(content, file, CHUNK)


class _Reported(io.RawIOBase):
    """The reading end of a file whose progress is shown; tarfile asks no more of a stream than `read`."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._chunks = progress(iter(lambda: file.read(CHUNK), b""), total=-(-size // CHUNK), unit="MiB")

    def read(self, _size: int = -1, /) -> bytes:
        return next(self._chunks, b"")
