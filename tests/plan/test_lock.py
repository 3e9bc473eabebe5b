"""One run at a time on the same results, whatever became of the one before."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.plan.lock import cancel_jobs_of_last_run, hold

HOLD = """
import errno, fcntl, sys
from pathlib import Path
from distilbeto.plan.lock import hold

def without_locks(*_):
    raise OSError(errno.ENOSYS, "no locks here")

if sys.argv[2] == "without locks":
    fcntl.flock = without_locks
lock = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_run(folder: Path, *, locks: bool = True) -> Iterator[subprocess.Popen[str]]:
    """A process that holds `folder`."""
    command = [sys.executable, "-W", "ignore", "-c", HOLD, str(folder), "with locks" if locks else "without locks"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with another_run(tmp_path) as first:
        with pytest.raises(UserError, match=f"{tmp_path}: another run is making these results\n.*Wait for it"):
            hold(tmp_path)
        assert hold(tmp_path / "others").is_locked, "other results are free"
        kill(first)
        assert (tmp_path / ".lock").exists()
        assert hold(tmp_path).is_locked, "a killed run leaves nothing to remove by hand"


@pytest.fixture
def _no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no locks, as some of clusters."""

    def flock(*_: object) -> None:
        raise OSError(errno.ENOSYS, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.mark.usefixtures("_no_locks")
@pytest.mark.filterwarnings("ignore:flock not supported")
def test_without_locks_of_the_file_system_the_file_says_who_holds_it(tmp_path: Path) -> None:
    with another_run(tmp_path, locks=False) as first:
        with pytest.raises(UserError, match=f"process {first.pid} on {socket.gethostname()}.*delete {tmp_path}/.lock"):
            hold(tmp_path)
        kill(first)
        lock = hold(tmp_path)
        assert lock.is_locked, "its process is dead: it is stale"
        lock.release()


@pytest.mark.usefixtures("_no_locks")
@pytest.mark.filterwarnings("ignore:flock not supported")
def test_nobody_can_tell_from_here_whether_a_process_of_another_machine_is_dead(tmp_path: Path) -> None:
    (tmp_path / ".lock").write_text(f"{os.getpid()}\nlogin-2\n")
    with pytest.raises(UserError, match=f"process {os.getpid()} on login-2. If there is none, delete"):
        hold(tmp_path)
    (tmp_path / ".lock").unlink()
    lock = hold(tmp_path)
    lock.release()


SQUEUE = """#!/bin/sh
echo "squeue $@" >> {folder}/calls
case "$*" in *--name=left-behind*) cat {folder}/jobs ;; esac
"""
SCANCEL = """#!/bin/sh
echo "scancel $@" >> {folder}/calls
{effect}
"""


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with programs that look like SLURM's, with two jobs called `left-behind` in the queue."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    (folder / "jobs").write_text("7\n8\n")
    add_program(folder / "squeue", SQUEUE.format(folder=folder))
    add_program(folder / "scancel", SCANCEL.format(folder=folder, effect=f": > {folder}/jobs"))
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return folder


def add_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def calls(slurm: Path) -> list[str]:
    return [line for line in (slurm / "calls").read_text().splitlines() if line.startswith("scancel")]


def test_jobs_that_a_killed_run_left_in_the_queue_are_cancelled(tmp_path: Path, slurm: Path) -> None:
    assert cancel_jobs_of_last_run(tmp_path, "left-behind") == []
    assert cancel_jobs_of_last_run(tmp_path, "this-run") == ["7", "8"]
    assert calls(slurm) == ["scancel 7 8"]
    assert cancel_jobs_of_last_run(tmp_path, None) == [], "those of this-run have ended"
    assert (tmp_path / ".slurm-run").read_text() == "this-run\n", "a run without SLURM leaves none"


def test_jobs_that_cannot_be_cancelled_are_not_run_beside(tmp_path: Path, slurm: Path) -> None:
    cancel_jobs_of_last_run(tmp_path, "left-behind")
    add_program(slurm / "scancel", SCANCEL.format(folder=slurm, effect="echo not yours >&2; exit 1"))
    with pytest.raises(UserError, match="scancel failed: not yours"):
        cancel_jobs_of_last_run(tmp_path, "this-run")
    assert (tmp_path / ".slurm-run").read_text() == "left-behind\n", "and the next run tries again"


def test_where_there_is_no_slurm_nothing_is_asked_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".slurm-run").write_text("left-behind\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cancel_jobs_of_last_run(tmp_path, None) == []
