"""Whole files or none: atomic writing, JSON, checksums."""

import errno
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of `path` when the block ends without an exception.

    It lies in a hidden folder beside `path`, since libraries put temporary files of their own beside what they write.

    Raises:
        UserError: the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    folder = path.with_name(f".{path.name}.{os.getpid()}.partial")
    temporary = folder / path.name
    try:
        with explaining_a_full_disk(path):
            folder.mkdir()
            yield temporary
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            temporary.chmod(0o666 & ~_umask())  # safetensors creates files that only their owner can read
            temporary.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def explaining_a_full_disk(path: Path) -> Iterator[None]:
    """Around the writing of `path`, and of what goes into it.

    Raises:
        UserError: the disk is full.
    """
    try:
        yield
    except Exception as error:
        if _lacks_space(error):
            remedy = "Free space there and run again: nothing that was there before has changed."
            raise UserError("no space left for this file", where=path, remedy=remedy) from None
        raise


def _remove_leftovers(path: Path) -> None:
    """What killed processes left behind; the number in a folder's name is its process's."""
    for folder in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        number = folder.name.removeprefix(f".{path.name}.").removesuffix(".partial")
        if number.isdecimal() and (int(number) == os.getpid() or not _lives(int(number))):
            shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lacks_space(error: Exception) -> bool:
    """Also where safetensors reports an error of the system as text."""
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return getattr(error, "errno", None) in numbers or any(f"(os error {number})" in str(error) for number in numbers)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> Any:
    """The value of a JSON file.

    Raises:
        UserError: the file is missing, is no UTF-8 or is no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError("file not found", where=path) from None
    except UnicodeDecodeError as error:
        raise UserError(f"not UTF-8 at byte {error.start}", where=path, remedy="Convert the file to UTF-8.") from None
    except json.JSONDecodeError as error:
        raise UserError(f"not valid JSON: {error.msg}", where=path, line=error.lineno) from None


def read_record(path: Path, keys: Sequence[str]) -> dict[str, Any]:
    """The record in a JSON file that has these keys, and perhaps others.

    Raises:
        UserError: it lacks one of them.
    """
    record = read_json(path)
    absent = [key for key in keys if not isinstance(record, dict) or key not in record]
    if absent:
        remedy = "Delete the file and run the workflow again."
        raise UserError(f"no {', '.join(absent)}; expected {', '.join(keys)}", where=path, remedy=remedy)
    return dict(record)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint_of(value: Any) -> str:
    """A short digest (16 hexadecimal digits) of plain data; equal data give equal digests whatever the key order."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
