"""Fetch a source into its folder of results, and write a manifest of its files."""

import ipaddress
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from distilbeto.errors import UserError
from distilbeto.sources import hub
from distilbeto.sources.archives import is_to_be_unpacked, safe_name, unpack
from distilbeto.sources.checksums import verify_checksum, verify_or_record
from distilbeto.sources.compression import decompress
from distilbeto.sources.download import download, file_name
from distilbeto.sources.local import files_below, is_remote, local_path
from distilbeto.sources.names import choose
from distilbeto.sources.settings import SourceSettings
from distilbeto.storage.files import sha256_of, write_json
from distilbeto.storage.provenance import Stopwatch, provenance


def fetch(
    name: str, settings: SourceSettings, output: Path, manifest: Path, *, offline: bool = False, checksums: Path
) -> None:
    """Make the folder `output` with the files of a source, then `manifest` with their sizes and SHA-256.

    Local files are symbolic links: a large corpus is not copied. Compressed text is decompressed, except that of models
    on the Hub. Both outputs appear whole or not at all.

    Raises:
        UserError: the source is not available, lacks a wanted file, or differs from its first download.
    """
    if settings.missing is not None:
        raise UserError(f"this source cannot be had: {settings.missing}", where=name)
    stopwatch, partial = Stopwatch(), output.with_name(f".{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        details = _fill(partial, settings, offline, checksums)
        files = {file: _describe(partial / file) for file in files_below(partial)}
        manifest.unlink(missing_ok=True)
        shutil.rmtree(output, ignore_errors=True)
        partial.rename(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    record = {"source": name, "location": settings.location, **details, "files": files}
    write_json(manifest, {**record, "provenance": provenance(settings.model_dump(), stopwatch)})


def _fill(folder: Path, settings: SourceSettings, offline: bool, checksums: Path) -> dict[str, Any]:
    """Put the files of the source into `folder`; returns the details of their origin that go into the manifest."""
    settings = settings.model_copy(
        update={"files": [safe_name(file, where="files of the source") for file in settings.files]}
    )
    location = settings.location
    if location.startswith(hub.PREFIX):
        commit = hub.fetch_repository(location, folder, settings.files, offline=offline)
        verify_or_record(location, {file: sha256_of(folder / file) for file in files_below(folder)}, checksums)
        if hub.parse_location(location).kind == "dataset":
            _unpack_texts(folder, settings.model_copy(update={"files": []}))
        return {"commit": commit}
    details = _fill_from_place(folder, settings, offline, checksums)
    _unpack_texts(folder, settings)
    return details


def _fill_from_place(folder: Path, settings: SourceSettings, offline: bool, checksums: Path) -> dict[str, Any]:
    if is_remote(settings.location):
        return {"sha256": _fill_from_web(folder, settings, offline, checksums)}
    path = local_path(settings.location)
    if path.is_dir():
        _fill_from_folder(folder, path.resolve(), settings)
        return {}
    if path.is_file():
        return {"sha256": _fill_from_file(folder, path.resolve(), settings)}
    raise UserError("no such file or folder", where=settings.location, remedy="Correct the source's location.")


def _fill_from_web(folder: Path, settings: SourceSettings, offline: bool, checksums: Path) -> str:
    url = settings.location
    if offline:
        remedy = f"Download {url} elsewhere, and set the source's location to its path on this machine."
        raise UserError("the run is offline and this is on the network", where=url, remedy=remedy)
    if url.startswith("http://") and settings.sha256 is None and not _is_loopback(url):
        raise UserError(
            "http:// protects nothing on its way", where=url, remedy="Use https://, or give the file's sha256."
        )
    downloaded = folder / file_name(url)
    found = download(url, downloaded)
    if settings.sha256 is not None:
        verify_checksum(found, settings.sha256, url, recorded_in="the configuration")
    else:
        verify_or_record(url, found, checksums)
    if is_to_be_unpacked(downloaded, settings.files):
        archive = downloaded.rename(folder / ".archive")
        unpack(archive, folder, settings.files, origin=url)
        archive.unlink()
    return found


def _fill_from_file(folder: Path, path: Path, settings: SourceSettings) -> str:
    found = sha256_of(path)
    if settings.sha256 is not None:
        verify_checksum(found, settings.sha256, str(path), recorded_in="the configuration")
    if is_to_be_unpacked(path, settings.files):
        unpack(path, folder, settings.files, origin=str(path))
    else:
        (folder / path.name).symlink_to(path)
    return found


def _fill_from_folder(folder: Path, origin: Path, settings: SourceSettings) -> None:
    if settings.sha256 is not None:
        raise UserError("sha256 belongs to one file, and this is a folder", where=settings.location)
    for file in choose(files_below(origin), settings.files, where=settings.location).values():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).symlink_to((origin / file).resolve())


def _unpack_texts(folder: Path, settings: SourceSettings) -> None:
    """Put compressed text under its plain name; the twin of a wanted file, which an archive may hold, is deleted."""
    there = files_below(folder)
    chosen = choose(there, settings.files, where=settings.location)
    for name in set(there) - set(chosen.values()):
        (folder / name).unlink()
    for plain, name in chosen.items():
        if plain != name:
            alone = settings.location.endswith(name)
            where = settings.location if alone else f"{settings.location}: {name}"
            decompress(folder / name, folder / plain, where=where)
            (folder / name).unlink()


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _describe(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
