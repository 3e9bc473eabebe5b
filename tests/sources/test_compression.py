"""Compressed text: unpacked once, whole or not at all, from wherever it comes."""

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.sources.compression import decompress, decompressed
from distilbeto.sources.fetch import fetch
from distilbeto.sources.settings import SourceSettings

TEXT = b"una frase\n" * 5000
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
}
SUFFIXES = list(COMPRESS)
each_suffix = pytest.mark.parametrize("suffix", SUFFIXES)


def unpack(content: bytes, suffix: str, step: int = 4096) -> bytes:
    chunks = (content[start : start + step] for start in range(0, len(content), step))
    return b"".join(decompressed(chunks, suffix, where="corpus"))


def fetched(folder: Path, location: Path, files: list[str] | None = None) -> dict[str, bytes]:
    """The files of a source made from `location`: {path in the source: content}."""
    output = folder / "results" / "toy"
    settings = SourceSettings(location=str(location), files=files or [])
    fetch("toy", settings, output, folder / "results" / "toy.json", checksums=folder / "checksums.json")
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def left_behind(folder: Path) -> list[str]:
    return [str(path) for path in (folder / "results").rglob("*")]


@given(members=st.lists(st.binary(), min_size=1), suffix=st.sampled_from(SUFFIXES), step=st.integers(1, 40))
def test_all_members_are_read_wherever_the_chunks_end(members: list[bytes], suffix: str, step: int) -> None:
    packed = b"".join(COMPRESS[suffix](member) for member in members)
    assert unpack(packed, suffix, step) == b"".join(members)


@given(suffix=st.sampled_from(SUFFIXES), data=st.data())
def test_a_stream_cut_anywhere_is_refused(suffix: str, data: st.DataObject) -> None:
    packed = COMPRESS[suffix](TEXT[:200])
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(UserError, match="corpus: cut short"):
        unpack(packed[:cut], suffix)


@each_suffix
def test_zeros_after_a_member_are_padding(suffix: str) -> None:
    assert unpack(COMPRESS[suffix](TEXT) + bytes(5000) + COMPRESS[suffix](b"fin\n"), suffix) == TEXT + b"fin\n"


@each_suffix
@pytest.mark.parametrize("rubbish", [b"rubbish after the end", b"<html>"])
def test_anything_else_after_a_member_is_refused(suffix: str, rubbish: bytes) -> None:
    with pytest.raises(UserError, match=f"corpus: damaged, or no {suffix} data"):
        unpack(COMPRESS[suffix](TEXT) + rubbish, suffix)


@each_suffix
def test_text_under_a_compressed_name_is_refused(suffix: str) -> None:
    with pytest.raises(UserError, match=f"damaged, or no {suffix} data(?s:.*)right suffix"):
        unpack(TEXT, suffix)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_a_flipped_byte_is_refused(suffix: str) -> None:
    packed = bytearray(COMPRESS[suffix](TEXT))
    packed[len(packed) // 2] ^= 1
    with pytest.raises(UserError, match=r"corpus: (damaged|cut short)"):
        unpack(bytes(packed), suffix)


def test_frames_that_hold_no_text_are_passed_over() -> None:
    """As pzstd writes before each of its parts."""
    skippable = bytes.fromhex("502a4d18") + (4).to_bytes(4, "little") + b"size"
    assert unpack(skippable + COMPRESS[".zst"](TEXT), ".zst") == TEXT


def test_a_long_window_of_zstd_is_read() -> None:
    """As of `zstd --long=28`, over the default limit of the library."""
    parameters = zstandard.ZstdCompressionParameters(window_log=28, write_content_size=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    assert unpack(compressor.compress(TEXT) + compressor.flush(), ".zst") == TEXT


def test_memory_stays_bounded_where_the_content_is_huge() -> None:
    """Zeros expand most: what is written at once stays far below what the file expands to."""
    packed = COMPRESS[".zst"](bytes(1 << 28))
    chunks = (packed[start : start + 4096] for start in range(0, len(packed), 4096))
    pieces = [len(piece) for piece in decompressed(chunks, ".zst", where="corpus")]
    assert sum(pieces) == 1 << 28
    assert max(pieces) <= 1 << 27


@each_suffix
def test_nothing_of_a_file_cut_short_is_kept(tmp_path: Path, suffix: str) -> None:
    packed = tmp_path / f"corpus.txt{suffix}"
    packed.write_bytes(COMPRESS[suffix](TEXT)[:-1])
    with pytest.raises(UserError, match=rf"{packed}: cut short(?s:.*)get it again"):
        decompress(packed, tmp_path / "corpus.txt", where=str(packed))
    assert [path.name for path in tmp_path.iterdir()] == [packed.name]


@each_suffix
def test_a_compressed_file_lies_in_the_source_under_its_plain_name(tmp_path: Path, suffix: str) -> None:
    packed = tmp_path / f"corpus.txt{suffix}"
    packed.write_bytes(COMPRESS[suffix](TEXT))
    assert fetched(tmp_path, packed) == {"corpus.txt": TEXT}
    assert fetched(tmp_path, packed, ["corpus.txt"]) == {"corpus.txt": TEXT}
    assert fetched(tmp_path, packed, [packed.name]) == {"corpus.txt": TEXT}
    assert packed.exists()


@each_suffix
@pytest.mark.parametrize("length", [0, 20, -1])
def test_a_source_cut_short_leaves_nothing(tmp_path: Path, suffix: str, length: int) -> None:
    packed = tmp_path / f"corpus.txt{suffix}"
    packed.write_bytes(COMPRESS[suffix](TEXT)[:length])
    with pytest.raises(UserError, match=f"{packed}: cut short"):
        fetched(tmp_path, packed)
    assert left_behind(tmp_path) == []


def test_empty_text_is_unpacked_too(tmp_path: Path) -> None:
    (tmp_path / "corpus.txt.gz").write_bytes(gzip.compress(b""))
    assert fetched(tmp_path, tmp_path / "corpus.txt.gz") == {"corpus.txt": b""}


def test_a_folder_may_mix_plain_and_compressed_text(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    (origin / "old").mkdir(parents=True)
    (origin / "a.txt").write_bytes(b"a\n")
    (origin / "old" / "b.txt.xz").write_bytes(lzma.compress(b"b\n"))
    (origin / "c.GZ").write_bytes(gzip.compress(b"c\n"))
    assert fetched(tmp_path, origin) == {"a.txt": b"a\n", "old/b.txt": b"b\n", "c": b"c\n"}
    assert fetched(tmp_path, origin, ["old/b.txt"]) == {"old/b.txt": b"b\n"}
    assert (origin / "old" / "b.txt.xz").exists()


def test_a_damaged_file_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "origin").mkdir()
    (tmp_path / "origin" / "b.txt.xz").write_bytes(b"plain\n")
    with pytest.raises(UserError, match=r"origin: b\.txt\.xz: damaged"):
        fetched(tmp_path, tmp_path / "origin")


def test_of_two_files_with_one_plain_name_the_one_meant_is_named(tmp_path: Path) -> None:
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "a.txt").write_bytes(b"plain\n")
    (origin / "a.txt.gz").write_bytes(gzip.compress(b"packed\n"))
    with pytest.raises(UserError, match=r"a\.txt and a\.txt\.gz would both be a\.txt"):
        fetched(tmp_path, origin)
    assert fetched(tmp_path, origin, ["a.txt"]) == {"a.txt": b"plain\n"}
    assert fetched(tmp_path, origin, ["a.txt.gz"]) == {"a.txt": b"packed\n"}


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
def test_compressed_text_in_an_archive_is_unpacked(tmp_path: Path, suffix: str) -> None:
    content = tar_of({"BZh91.txt": b"", "d/a.txt.gz": gzip.compress(b"a\n"), "b.txt": b"b\n"})
    (tmp_path / f"x.tar{suffix}").write_bytes(COMPRESS[suffix](content) if suffix else content)
    assert fetched(tmp_path, tmp_path / f"x.tar{suffix}") == {"BZh91.txt": b"", "d/a.txt": b"a\n", "b.txt": b"b\n"}
    assert fetched(tmp_path, tmp_path / f"x.tar{suffix}", ["d/a.txt"]) == {"d/a.txt": b"a\n"}


@pytest.mark.parametrize("suffix", ["", *SUFFIXES])
def test_an_archive_cut_between_two_members_is_refused(tmp_path: Path, suffix: str) -> None:
    """tarfile itself takes it for whole."""
    whole = tar_of({"a.txt": b"a" * 512, "b.txt": b"b"})
    first, second = whole[:1024], whole[1024:]
    cut = COMPRESS[suffix](first) + COMPRESS[suffix](second)[:10] if suffix else first
    (tmp_path / f"x.tar{suffix}").write_bytes(cut)
    with pytest.raises(UserError, match=rf"x\.tar{suffix}: (not a readable archive: )?cut short"):
        fetched(tmp_path, tmp_path / f"x.tar{suffix}")
    assert left_behind(tmp_path) == []


def test_a_compressed_member_with_a_path_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(tar_of({"../evil.txt.gz": gzip.compress(b"evil\n")}))
    with pytest.raises(UserError, match="unsafe path"):
        fetched(tmp_path, tmp_path / "x.tar")
    assert not list(tmp_path.rglob("evil*"))


def test_the_name_that_a_gzip_header_gives_is_not_used(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("../../evil.txt", "wb", fileobj=buffer) as file:
        file.write(b"text\n")
    (tmp_path / "corpus.txt.gz").write_bytes(buffer.getvalue())
    assert fetched(tmp_path, tmp_path / "corpus.txt.gz") == {"corpus.txt": b"text\n"}
    assert not list(tmp_path.rglob("evil*"))


def test_an_archive_inside_a_folder_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "origin").mkdir()
    (tmp_path / "origin" / "x.tar.gz").write_bytes(b"weights")
    assert fetched(tmp_path, tmp_path / "origin") == {"x.tar.gz": b"weights"}
