"""Whole files or none."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.storage.files import fingerprint_of, read_json, replacing, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": True})
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"old": True}
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    ours, theirs, others = (
        f".{name}.partial" for name in (f"a.json.{killed.pid}", f"a.json.{os.getppid()}", "a.json.x.1")
    )
    for name in (ours, theirs, others):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".tmp").write_text("half")
    write_json(path, {})
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.json", theirs, others}


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("I/O error: File too large (os error 27)")]
)
def test_a_full_disk_is_said_in_words_and_changes_nothing(error: Exception, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"old": True})
    with (
        pytest.raises(UserError, match=r"a\.json: no space left for this file\n  Free space"),
        replacing(path) as temporary,
    ):
        temporary.write_text("half")
        raise error
    assert read_json(path) == {"old": True}
    assert list(tmp_path.iterdir()) == [path]


def test_bad_json_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n"a": 1,\n}')
    with pytest.raises(UserError, match=r"a\.json, line 3: not valid JSON"):
        read_json(path)


def test_json_that_is_no_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('{"niño": 1}'.encode("latin-1"))
    with pytest.raises(UserError, match="not UTF-8 at byte 4"):
        read_json(path)


def test_a_fingerprint_depends_on_values_not_on_order() -> None:
    assert fingerprint_of({"a": 1, "b": [1, 2]}) == fingerprint_of({"b": [1, 2], "a": 1})
    assert fingerprint_of({"a": 1, "b": 2}) != fingerprint_of({"a": 2, "b": 1})
