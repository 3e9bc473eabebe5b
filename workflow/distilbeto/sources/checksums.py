"""Checksums recorded at the first download and verified at every later one.

The file is JSON: `{location: sha256}` for a download, `{location: {file: sha256}}` for a Hub repository.
"""

from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.storage.files import read_json, write_json


def verify_checksum(found: str, expected: str, location: str, *, recorded_in: str) -> None:
    """Compare two checksums of the content at `location`.

    Raises:
        UserError: they differ; it names both, and the file that has the expected one.
    """
    if found != expected:
        raise UserError(
            f"the content has the SHA-256\n  {found}, but {recorded_in} says\n  {expected}",
            where=location,
            remedy=f"It was damaged or has changed at its origin. If the new content is right, correct {recorded_in}.",
        )


def verify_or_record(location: str, found: str | dict[str, str], path: Path) -> None:
    """Compare the checksums found at `location` with those in `path`; record those that are new.

    Several processes may share `path`.

    Raises:
        UserError: a checksum differs, or `path` is damaged.
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        recorded = _read(path)
        known = recorded.get(location, {} if isinstance(found, dict) else found)
        for file, checksum, expected in _pairs(found, known):
            verify_checksum(checksum, expected, f"{location} {file}".strip(), recorded_in=str(path))
        merged = {**found, **known} if isinstance(found, dict) else found
        if recorded.get(location) != merged:
            write_json(path, dict(sorted({**recorded, location: merged}.items())))


def _read(path: Path) -> dict[str, Any]:
    recorded = read_json(path) if path.exists() else {}
    if not isinstance(recorded, dict):
        raise UserError("expected a JSON object of checksums by location", where=path)
    return recorded


def _pairs(found: str | dict[str, str], known: Any) -> list[tuple[str, str, str]]:
    """(file, checksum found, checksum known) of all known files; a download is one file with an empty name."""
    if isinstance(found, str):
        return [("", found, known)]
    return [(file, checksum, known[file]) for file, checksum in found.items() if file in known]
