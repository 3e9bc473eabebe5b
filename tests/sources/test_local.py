"""What is known of a source's files before it is fetched, and after."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from distilbeto.errors import UserError
from distilbeto.sources.fetch import fetch
from distilbeto.sources.local import known_sizes, local_files
from distilbeto.sources.settings import SourceSettings


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    folder = tmp_path / "origin"
    (folder / "old").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"a" * 10)
    (folder / "old" / "b.txt.gz").write_bytes(gzip.compress(b"b" * 1000))
    return folder


def source(location: Any, *files: str) -> SourceSettings:
    return SourceSettings(location=str(location), files=list(files))


def fetched(settings: SourceSettings, tmp_path: Path) -> Path:
    manifest = tmp_path / "results" / "toy.json"
    fetch("toy", settings, tmp_path / "results" / "toy", manifest, checksums=tmp_path / "checksums.json")
    return manifest


def test_plain_files_are_known_at_once_and_compressed_ones_by_name(origin: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "none.json"
    assert known_sizes(source(origin), nowhere) == {"a.txt": 10, "old/b.txt": None}
    assert known_sizes(source(origin, "./a.txt"), nowhere) == {"a.txt": 10}
    assert known_sizes(source(origin / "a.txt"), nowhere) == {"a.txt": 10}
    assert known_sizes(source(origin / "old/b.txt.gz"), nowhere) == {"b.txt": None}


def test_the_manifest_says_the_rest(origin: Path, tmp_path: Path) -> None:
    for settings in (source(origin), source(origin, "old/b.txt"), source(origin / "old/b.txt.gz")):
        sizes = known_sizes(settings, fetched(settings, tmp_path))
        assert [size for name, size in sizes.items() if name.endswith("b.txt")] == [1000]


def test_a_plain_file_counts_as_it_is_now(origin: Path, tmp_path: Path) -> None:
    """A plan after the file grew is the same before the source is fetched again and after."""
    manifest = fetched(source(origin), tmp_path)
    (origin / "a.txt").write_bytes(b"a" * 20)
    (origin / "c.txt").write_bytes(b"c")
    before = known_sizes(source(origin), manifest)
    assert before == {"a.txt": 20, "c.txt": 1, "old/b.txt": 1000}
    assert known_sizes(source(origin), fetched(source(origin), tmp_path)) == before


def test_a_manifest_made_with_other_settings_says_nothing(origin: Path, tmp_path: Path) -> None:
    manifest = fetched(source(origin), tmp_path)
    assert known_sizes(source(origin, "old/b.txt"), manifest) == {"old/b.txt": None}
    assert known_sizes(source("https://example.org/corpus.tar.bz2"), manifest) == {}


@pytest.mark.parametrize("location", ["nowhere", "https://example.org/corpus.txt", "hub:owner/name@main"])
def test_nothing_is_known_of_what_is_not_here(tmp_path: Path, location: str) -> None:
    assert known_sizes(source(location), tmp_path / "none.json") == {}
    assert local_files(source(location)) == []


def test_an_archive_is_known_once_it_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"")
    assert known_sizes(source(tmp_path / "x.tar.gz"), tmp_path / "none.json") == {}
    assert local_files(source(tmp_path / "x.tar.gz")) == [tmp_path / "x.tar.gz"]


def test_a_file_that_is_wanted_and_not_there_is_named(origin: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no c\.txt in it(?s:.*)a\.txt"):
        known_sizes(source(origin, "c.txt"), tmp_path / "none.json")


def test_the_files_that_a_source_is_made_from(origin: Path) -> None:
    assert local_files(source(origin)) == [origin / "a.txt", origin / "old/b.txt.gz"]
    assert local_files(source(origin, "old/b.txt")) == [origin / "old/b.txt.gz"]
