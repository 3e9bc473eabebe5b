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
from distilbeto.sources.hub import Repository, parse_location

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {"config.json": b"{}", "model.safetensors": b"weights", "pytorch_model.bin": b"same", "README.md": b"text"}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub() -> Iterator[str]:
    """The few answers of the Hub that a snapshot needs, for one repository."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path, name = self.path.partition("?")[0], self.path.rpartition("/")[2]
            if path.startswith("/api/models/owner/toy/tree/"):
                entries = [{"type": "file", "path": n, "size": len(c), "oid": sha1(c)} for n, c in FILES.items()]
                self.answer(json.dumps(entries).encode())
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


def sha1(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


@pytest.fixture
def run(hub: str, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """scripts/fetch.py in a process of its own: the Hub's client reads its address when it is imported."""

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "scripts/fetch.py"), "--name", "toy"]
        command += [
            "--settings",
            json.dumps({"location": "hub:owner/toy@main"}),
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


def test_offline_without_a_cache_is_one_clear_error(run):
    finished = run("--offline")
    assert finished.returncode == 1
    assert "the run is offline" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("location", ["hub:owner/name", "hub:name@main", "hub:a/b/c@main", "hub:/b@main"])
def test_a_location_names_owner_repository_and_revision(location):
    with pytest.raises(UserError, match="hub:owner/name@revision"):
        parse_location(location)


def test_a_revision_may_hold_slashes():
    assert parse_location("hub:a/b@refs/pr/1") == Repository("a/b", "refs/pr/1")
