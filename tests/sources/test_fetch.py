import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from distilbeto.errors import UserError
from distilbeto.sources import download
from distilbeto.sources.fetch import fetch
from distilbeto.sources.settings import SourceSettings


class Stage:
    """One source in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.output, self.manifest, self.checksums = folder / "r/toy", folder / "r/toy.json", folder / "checksums.json"

    def fetch(self, location: Any, *, offline: bool = False, **settings: Any) -> dict[str, Any]:
        settings = SourceSettings(location=str(location), **settings)
        fetch("toy", settings, self.output, self.manifest, offline=offline, checksums=self.checksums)
        return json.loads(self.manifest.read_text())

    def left_behind(self) -> list[str]:
        return [path.name for path in self.output.parent.iterdir()] if self.output.parent.exists() else []


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(download, "SECONDS_BETWEEN_TRIES", 0.0)
    return Stage(tmp_path)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tar_of(members: dict[str, bytes | str], compression: str = "gz") -> bytes:
    """A tar archive; a text as content makes a symbolic link to it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{compression}") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def test_a_download_is_listed_with_size_and_checksum_and_recorded(stage, web):
    web.pages["/xquad.es.json"] = b"{}"
    manifest = stage.fetch(f"{web.url}/xquad.es.json?download=1")
    assert (stage.output / "xquad.es.json").read_bytes() == b"{}"
    assert manifest["files"] == {"xquad.es.json": {"bytes": 2, "sha256": sha256(b"{}")}}
    assert json.loads(stage.checksums.read_text()) == {f"{web.url}/xquad.es.json?download=1": sha256(b"{}")}


def test_changed_content_at_the_same_url_is_refused(stage, web):
    web.pages["/a.txt"] = b"first"
    stage.fetch(f"{web.url}/a.txt")
    web.pages["/a.txt"] = b"second"
    with pytest.raises(UserError) as caught:
        stage.fetch(f"{web.url}/a.txt")
    assert sha256(b"first") in str(caught.value)
    assert sha256(b"second") in str(caught.value)
    assert (stage.output / "a.txt").read_bytes() == b"first"
    assert sorted(stage.left_behind()) == ["toy", "toy.json"]


def test_a_checksum_in_the_settings_is_verified_and_not_recorded(stage, web):
    web.pages["/a.txt"] = b"content"
    stage.fetch(f"{web.url}/a.txt", sha256=sha256(b"content"))
    assert not stage.checksums.exists()
    with pytest.raises(UserError, match="the configuration says"):
        stage.fetch(f"{web.url}/a.txt", sha256="0" * 64)


def test_a_refused_download_leaves_nothing(stage, web):
    web.pages["/a.txt"] = b"content"
    with pytest.raises(UserError):
        stage.fetch(f"{web.url}/a.txt", sha256="0" * 64)
    assert stage.left_behind() == []


def test_a_truncated_download_is_tried_three_times_then_refused(stage, web):
    web.pages["/a.txt"] = b"content"
    web.truncated.add("/a.txt")
    with pytest.raises(UserError, match="broke off before its end, 3 times"):
        stage.fetch(f"{web.url}/a.txt")
    assert len(web.requests) == 3
    assert stage.left_behind() == []
    assert not stage.checksums.exists()


def test_a_missing_page_is_asked_for_once(stage, web):
    with pytest.raises(UserError, match="404"):
        stage.fetch(f"{web.url}/nothing")
    assert len(web.requests) == 1


def test_offline_names_the_way_out(stage, web):
    web.pages["/a.txt"] = b"content"
    with pytest.raises(UserError, match="set the source's location to its path"):
        stage.fetch(f"{web.url}/a.txt", offline=True)
    assert web.requests == []


def test_plain_http_beyond_this_machine_needs_a_checksum(stage):
    with pytest.raises(UserError, match="https"):
        stage.fetch("http://example.org/a.txt")


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz"])
def test_only_wanted_members_of_an_archive_are_unpacked(stage, web, compression):
    web.pages["/archive"] = tar_of({"./d/a": b"A", "d/b": b"B", "link": "/etc/passwd"}, compression)
    assert list(stage.fetch(f"{web.url}/archive", files=["d/a"])["files"]) == ["d/a"]
    assert (stage.output / "d/a").read_bytes() == b"A"
    assert not (stage.output / "d/b").exists()


def test_a_local_zip_is_unpacked_for_its_suffix(stage, tmp_path):
    (tmp_path / "x.zip").write_bytes(zip_of({"d/a": b"A", "b": b"B"}))
    assert list(stage.fetch(tmp_path / "x.zip")["files"]) == ["b", "d/a"]
    assert not stage.checksums.exists()


@pytest.mark.parametrize("name", ["../evil", "/evil", "d/../../evil", "..\\evil", "C:\\evil"])
def test_a_member_that_leads_out_of_the_folder_is_refused(stage, tmp_path, name):
    (tmp_path / "x.zip").write_bytes(zip_of({"good": b"", name: b"evil"}))
    with pytest.raises(UserError, match="unsafe path"):
        stage.fetch(tmp_path / "x.zip")
    assert stage.left_behind() == []
    assert not list(tmp_path.rglob("evil"))


def test_a_link_in_an_archive_is_refused(stage, tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(tar_of({"out": "/etc", "out/evil": b"evil"}))
    with pytest.raises(UserError, match="link"):
        stage.fetch(tmp_path / "x.tar.gz")
    assert stage.left_behind() == []


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.tar.bz2", "x.tar.xz"])
def test_a_damaged_archive_is_named(stage, tmp_path, name):
    whole = zip_of({"a": bytes(9999)}) if name == "x.zip" else tar_of({"a": bytes(9999)}, name.rpartition(".")[2])
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=name):
        stage.fetch(tmp_path / name)


def test_a_missing_member_is_named_with_what_is_there(stage, tmp_path):
    (tmp_path / "x.zip").write_bytes(zip_of({f"member{index:02}": b"" for index in range(25)}))
    with pytest.raises(UserError, match=r"no absent in it(?s:.*)member00(?s:.*)and 5 more"):
        stage.fetch(tmp_path / "x.zip", files=["absent", "member03"])


def test_a_local_file_is_linked_to_not_copied(stage, tmp_path):
    (tmp_path / "corpus.txt").write_text("una frase\n")
    manifest = stage.fetch(tmp_path / "corpus.txt")
    assert (stage.output / "corpus.txt").readlink() == (tmp_path / "corpus.txt").resolve()
    assert manifest["files"]["corpus.txt"]["sha256"] == sha256(b"una frase\n")


def test_weights_in_a_zip_container_are_no_archive_to_unpack(stage, tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(zip_of({"data.pkl": b""}))
    assert list(stage.fetch(tmp_path / "pytorch_model.bin")["files"]) == ["pytorch_model.bin"]


def test_a_folder_gives_the_wanted_files(stage, tmp_path):
    for name in ("a", "d/b", "d/c"):
        (tmp_path / "origin" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "origin" / name).write_text(name)
    assert list(stage.fetch(tmp_path / "origin")["files"]) == ["a", "d/b", "d/c"]
    assert list(stage.fetch(tmp_path / "origin", files=["d/b"])["files"]) == ["d/b"]
    assert not (stage.output / "a").exists()


def test_wanted_files_of_a_folder_stay_below_it(stage, tmp_path):
    (tmp_path / "origin").mkdir()
    (tmp_path / "secret").write_text("")
    with pytest.raises(UserError, match="unsafe path"):
        stage.fetch(tmp_path / "origin", files=["../secret"])


def test_new_files_never_stand_beside_an_old_manifest(stage, tmp_path, monkeypatch):
    (tmp_path / "a").write_text("")
    (tmp_path / "b").write_text("")
    stage.fetch(tmp_path / "a")

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("distilbeto.sources.fetch.write_json", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stage.fetch(tmp_path / "b")
    assert (stage.output / "b").exists()
    assert not stage.manifest.exists()


def test_a_missing_path_is_an_error(stage, tmp_path):
    with pytest.raises(UserError, match="no such file or folder"):
        stage.fetch(tmp_path / "nothing")


def test_a_source_that_cannot_be_had_says_why(stage):
    with pytest.raises(UserError, match="never published"):
        stage.fetch("https://example.org/v2", missing="never published")


def test_a_repository_has_no_single_checksum():
    with pytest.raises(ValidationError, match="one file"):
        SourceSettings(location="hub:owner/name@main", sha256="0" * 64)
