import gzip
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.sources.hub import Repository, data_files, parse_location

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"config.json": b"{}", "model.safetensors": b"weights", "pytorch_model.bin": b"same", "README.md": b"text"}
DATA = {
    "README.md": b"text",
    "set.py": b"raise SystemExit",
    "dataset_infos.json": b"{}",
    "es/train-00000-of-00002.parquet": b"one",
    "es/train-00001-of-00002.parquet": b"two",
    "es/test.jsonl.gz": gzip.compress(b"{}"),
    "en/train.csv": b"text,label",
}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub() -> Iterator[str]:
    """The few answers of the Hub that a snapshot needs, for one repository."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path, name = self.path.partition("?")[0], self.path.rpartition("/")[2]
            resolved = path.partition("/datasets/owner/set/resolve/")[2].partition("/")[2]
            if path.startswith("/api/datasets/owner/set/tree/"):
                self.answer(json.dumps(entries_of(DATA)).encode())
            elif path.startswith("/api/datasets/owner/set"):
                siblings = [{"rfilename": name} for name in DATA]
                self.answer(json.dumps({"id": "owner/set", "sha": COMMIT, "siblings": siblings}).encode())
            elif resolved in DATA:
                self.answer(DATA[resolved])
            elif path.startswith("/api/models/owner/toy/tree/"):
                self.answer(json.dumps(entries_of(FILES)).encode())
            elif path.startswith("/api/models/owner/toy"):
                siblings = [{"rfilename": name} for name in FILES]
                self.answer(json.dumps({"id": "owner/toy", "sha": COMMIT, "siblings": siblings}).encode())
            elif path.startswith("/owner/toy/resolve/") and name in FILES:
                self.answer(FILES[name])
            else:
                self.send_error(404)

        def answer(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{sha1(content)}"')
            self.send_header("X-Repo-Commit", COMMIT)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def entries_of(files: dict[str, bytes]) -> list[dict[str, object]]:
    return [{"type": "file", "path": name, "size": len(c), "oid": sha1(c)} for name, c in files.items()]


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@pytest.fixture
def run(hub: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """scripts/fetch.py in a process of its own: the Hub's client reads its address when it is imported."""

    def run(
        *more: str, location: str = "hub:owner/toy@main", files: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts/fetch.py"), "--name", "toy"]
        command += [
            "--settings",
            json.dumps({"location": location, "files": files}),
            "--output",
            "r/toy",
            "--manifest",
            "r/toy.json",
        ]
        environment = os.environ | {
            "HF_ENDPOINT": hub,
            "HF_HOME": str(tmp_path / "hf"),
            "PYTHONPATH": str(ROOT / "workflow"),
        }
        return subprocess.run(
            [*command, *more], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_a_repository_is_fetched_once_then_taken_from_the_cache(run, tmp_path):
    first = run()
    assert first.returncode == 0, first.stderr
    manifest = json.loads((tmp_path / "r/toy.json").read_text())
    assert manifest["commit"] == COMMIT
    assert list(manifest["files"]) == ["config.json", "model.safetensors"]
    recorded = json.loads((tmp_path / "checksums.json").read_text())["hub:owner/toy@main"]
    assert recorded["config.json"] == hashlib.sha256(b"{}").hexdigest()
    second = run("--offline")
    assert second.returncode == 0, second.stderr
    assert json.loads((tmp_path / "r/toy.json").read_text())["files"] == manifest["files"]


SET = "hub:datasets/owner/set@refs/convert/parquet"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ((), ["en/train.csv", "es/test.jsonl", "es/train-00000-of-00002.parquet", "es/train-00001-of-00002.parquet"]),
        (("es/train-*",), ["es/train-00000-of-00002.parquet", "es/train-00001-of-00002.parquet"]),
        (("es/test*", "en/train.csv"), ["en/train.csv", "es/test.jsonl"]),
    ],
)
def test_a_data_set_is_its_files_of_data_or_those_that_match(run, tmp_path, files, expected):
    first = run(location=SET, files=files)
    assert first.returncode == 0, first.stderr
    manifest = json.loads((tmp_path / "r/toy.json").read_text())
    assert manifest["commit"] == COMMIT
    assert list(manifest["files"]) == expected
    second = run("--offline", location=SET, files=files)
    assert second.returncode == 0, second.stderr
    assert json.loads((tmp_path / "r/toy.json").read_text())["files"] == manifest["files"]


def test_a_pattern_that_matches_nothing_says_what_there_is(run):
    finished = run(location=SET, files=("fr/*",))
    assert finished.returncode == 1
    assert "no fr/* in it" in finished.stderr and "es/test.jsonl.gz" in finished.stderr


def test_a_script_of_a_data_set_is_not_run():
    with pytest.raises(UserError, match=r"no files of data, only README.md, set.py\n.* @refs/convert/parquet"):
        data_files(["set.py", "README.md"], [], SET)


def test_offline_without_a_cache_is_one_clear_error(run):
    finished = run("--offline")
    assert finished.returncode == 1
    assert "the run is offline" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("location", ["hub:owner/name", "hub:name@main", "hub:a/b/c@main", "hub:/b@main"])
def test_a_location_names_owner_repository_and_revision(location):
    with pytest.raises(UserError, match="hub:owner/name@revision"):
        parse_location(location)


def test_a_data_set_is_told_from_a_model():
    assert parse_location("hub:datasets/a/b@main") == Repository("a/b", "main", "dataset")
    assert parse_location("hub:datasets/b@main") == Repository("datasets/b", "main")


def test_a_revision_may_hold_slashes():
    assert parse_location("hub:a/b@refs/pr/1") == Repository("a/b", "refs/pr/1")
