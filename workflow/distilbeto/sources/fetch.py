"""Bring a source to its place in results, with a manifest of what is there."""

import ipaddress
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distilbeto.errors import UserError
from distilbeto.files import sha256_of, write_json
from distilbeto.provenance import Stopwatch, provenance
from distilbeto.sources import hub
from distilbeto.sources.archives import is_to_be_unpacked, require_files, safe_name, unpack
from distilbeto.sources.checksums import verify_checksum, verify_or_record
from distilbeto.sources.download import download, name_of
from distilbeto.sources.settings import SourceSettings


def fetch(
    name: str, settings: SourceSettings, output: Path, manifest: Path, *, offline: bool = False, checksums: Path
) -> None:
    """Make the folder `output` with the files of a source, then `manifest` with their sizes and SHA-256.

    Downloads are copied in; local files are linked to, so that a large corpus stays where it is. Both outputs
    appear whole or not at all.

    Raises:
        UserError: the source cannot be had, lacks a wanted file, or is not what it was when it was first fetched.
    """
    if settings.missing is not None:
        raise UserError(f"this source cannot be had: {settings.missing}", where=name)
    stopwatch, partial = Stopwatch(), output.with_name(f".{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        details = _fill(partial, settings, offline, checksums)
        files = {str(path.relative_to(partial)): _describe(path) for path in _files_below(partial)}
        manifest.unlink(missing_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        partial.rename(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    record = {"source": name, "location": settings.location, **details, "files": files}
    write_json(manifest, {**record, "provenance": provenance(settings.model_dump(), stopwatch)})


def _fill(folder: Path, settings: SourceSettings, offline: bool, checksums: Path) -> dict[str, Any]:
    """Put the files of the source into `folder`; returns what else is known of their origin."""
    settings = settings.model_copy(
        update={"files": [safe_name(file, where="files of the source") for file in settings.files]}
    )
    location = settings.location
    if location.startswith(hub.PREFIX):
        commit = hub.fetch_repository(location, folder, settings.files, offline=offline)
        verify_or_record(location, {str(p.relative_to(folder)): sha256_of(p) for p in _files_below(folder)}, checksums)
        return {"commit": commit}
    if location.startswith(("https://", "http://")):
        return {"sha256": _fill_from_web(folder, settings, offline, checksums)}
    path = Path(location).expanduser()
    if path.is_dir():
        _fill_from_folder(folder, path.resolve(), settings)
        return {}
    if path.is_file():
        return {"sha256": _fill_from_file(folder, path.resolve(), settings)}
    raise UserError("no such file or folder", where=location, remedy="Correct the source's location.")


def _fill_from_web(folder: Path, settings: SourceSettings, offline: bool, checksums: Path) -> str:
    url = settings.location
    if offline:
        remedy = f"Download {url} elsewhere, and set the source's location to its path on this machine."
        raise UserError("the run is offline and this is on the network", where=url, remedy=remedy)
    if url.startswith("http://") and settings.sha256 is None and not _is_loopback(url):
        raise UserError(
            "http:// protects nothing on its way", where=url, remedy="Use https://, or give the file's sha256."
        )
    downloaded = folder / name_of(url)
    found = download(url, downloaded)
    if settings.sha256 is not None:
        verify_checksum(found, settings.sha256, url, recorded_in="the configuration")
    else:
        verify_or_record(url, found, checksums)
    if is_to_be_unpacked(downloaded, settings.files):
        archive = downloaded.rename(folder / ".archive")
        unpack(archive, folder, settings.files, origin=url)
        archive.unlink()
    else:
        require_files(settings.files, [downloaded.name], where=url)
    return found


def _fill_from_file(folder: Path, path: Path, settings: SourceSettings) -> str:
    found = sha256_of(path)
    if settings.sha256 is not None:
        verify_checksum(found, settings.sha256, str(path), recorded_in="the configuration")
    if is_to_be_unpacked(path, settings.files):
        unpack(path, folder, settings.files, origin=str(path))
    else:
        require_files(settings.files, [path.name], where=str(path))
        (folder / path.name).symlink_to(path)
    return found


def _fill_from_folder(folder: Path, origin: Path, settings: SourceSettings) -> None:
    if settings.sha256 is not None:
        raise UserError("sha256 belongs to one file, and this is a folder", where=settings.location)
    there = [str(path.relative_to(origin)) for path in _files_below(origin)]
    require_files(settings.files, there, where=settings.location)
    for file in settings.files or there:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).symlink_to((origin / file).resolve())


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _files_below(folder: Path) -> list[Path]:
    found = [Path(place) / name for place, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.is_file())


def _describe(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
