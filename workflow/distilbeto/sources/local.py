"""Sources on this machine, and the sizes of files that are known before a source is fetched."""

import os
from pathlib import Path, PurePosixPath

from distilbeto.sources.names import choose, is_archive, is_wanted
from distilbeto.sources.settings import SourceSettings
from distilbeto.storage.files import read_json


def is_remote(location: str) -> bool:
    return location.startswith(("https://", "http://", "hub:"))


def local_path(location: str) -> Path:
    """The file or folder of a location on this machine."""
    return Path(location).expanduser()


def files_below(folder: Path) -> list[str]:
    """The paths, below `folder`, of all files in it and its folders."""
    found = [Path(place) / name for place, _, names in os.walk(folder) for name in names]
    return sorted(str(path.relative_to(folder)) for path in found if path.is_file())


def local_files(settings: SourceSettings) -> list[Path]:
    """The files on this machine from which a source is made; none if they do not exist."""
    path = local_path(settings.location)
    if is_remote(settings.location) or not path.exists():
        return []
    if path.is_file():
        return [path]
    return [path / name for name in files_below(path) if is_wanted(name, _wanted(settings))]


def known_sizes(settings: SourceSettings, manifest: Path) -> dict[str, int | None]:
    """The size in bytes of each file of a source, fetched or not; None if only unpacking shows it.

    Files on this machine have their present size; others that in `manifest`, if it was made with the same settings.
    Empty if not even the names of the files are known.

    Raises:
        UserError: the manifest is damaged, or `files` of the source do not fit what is there.
    """
    now, recorded = _sizes_now(settings), _recorded_sizes(settings, manifest)
    return {file: recorded.get(file) if size is None else size for file, size in now.items()} or recorded


def _sizes_now(settings: SourceSettings) -> dict[str, int | None]:
    path = local_path(settings.location)
    if is_remote(settings.location) or not path.exists():
        return {}
    if path.is_file() and (is_archive(path.name) or not is_wanted(path.name, _wanted(settings))):
        return {}  # it is to be unpacked
    folder, there = (path.parent, [path.name]) if path.is_file() else (path, files_below(path))
    chosen = choose(there, _wanted(settings), where=settings.location)
    return {plain: (folder / name).stat().st_size if plain == name else None for plain, name in chosen.items()}


def _recorded_sizes(settings: SourceSettings, manifest: Path) -> dict[str, int | None]:
    record = read_json(manifest) if manifest.exists() else {}
    made_with = record.get("provenance", {}).get("settings", {})
    if any(made_with.get(key) != getattr(settings, key) for key in ("location", "files")):
        return {}
    return {file: entry["bytes"] for file, entry in record["files"].items()}


def _wanted(settings: SourceSettings) -> list[str]:
    return [str(PurePosixPath(file)) for file in settings.files]
