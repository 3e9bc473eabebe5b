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
SHARDS = {f"model-0000{number}-of-00002.safetensors": b"weights" for number in (1, 2)}
PICKLES = {f"pytorch_model-0000{number}-of-00002.bin": b"weights" for number in (1, 2)}
TOKENIZER = {"tokenizer.json": b"{}", "spm.model": b"pieces", "merges.txt": b"a b", "vocab.json": b"{}"}
CODE = {"modeling_own.py": b"raise SystemExit", "tf_model.h5": b"weights", "onnx/model.onnx": b"weights"}
MODELS = {
    "toy": FILES,
    "sharded": {"config.json": b"{}", **SHARDS, "model.safetensors.index.json": b"{}", **TOKENIZER, **CODE},
    "pickled": {"config.json": b"{}", **PICKLES, "pytorch_model.bin.index.json": b"{}", **CODE},
    "sentences": {
        "modules.json": b"[]",
        "1_Pooling/config.json": b"{}",
        "0_Transformer/config.json": b"{}",
        "0_Transformer/vocab.txt": b"a",
        "0_Transformer/pytorch_model.bin": b"weights",
    },
    "code": CODE,
}
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
    """The few answers of the Hub that a snapshot needs, for a data set and some models."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            kind, name = (
                ("datasets", "set") if "/datasets/" in path else ("models", path.split("/owner/")[1].split("/")[0])
            )
            files = DATA if kind == "datasets" else MODELS.get(name, {})
            resolved = path.partition(f"/owner/{name}/resolve/")[2].partition("/")[2]
            if path.startswith(f"/api/{kind}/owner/{name}/tree/"):
                self.answer(json.dumps(entries_of(files)).encode())
            elif files and path.startswith(f"/api/{kind}/owner/{name}"):
                siblings = [{"rfilename": file} for file in files]
                self.answer(json.dumps({"id": f"owner/{name}", "sha": COMMIT, "siblings": siblings}).encode())
            elif resolved in files:
                self.answer(files[resolved])
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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sharded", ["config.json", *SHARDS, "model.safetensors.index.json", *TOKENIZER]),
        ("pickled", ["config.json", *PICKLES, "pytorch_model.bin.index.json"]),
        ("sentences", [file for file in MODELS["sentences"] if "Pooling" not in file]),
    ],
)
def test_of_a_model_come_configuration_tokenizer_and_one_form_of_weights(run, tmp_path, name, expected):
    for more in ((), ("--offline",)):
        finished = run(*more, location=f"hub:owner/{name}@main")
        assert finished.returncode == 0, finished.stderr
        assert list(json.loads((tmp_path / "r/toy.json").read_text())["files"]) == sorted(expected)


def test_a_model_without_config_json_says_what_there_is(run):
    finished = run(location="hub:owner/code@main")
    assert finished.returncode == 1
    assert "no config.json in it" in finished.stderr and "tf_model.h5" in finished.stderr


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
