"""One run at a time on a folder of results, and none left behind of one that was killed.

Snakemake's own lock outlives a killed process, and has to be removed by hand; this one ends with its process. On a
cluster, jobs outlive the process that submitted them: the next run cancels them, and goes on from what they have saved.
"""

import shutil
import subprocess
import time
from pathlib import Path

from filelock import FileLock, Timeout

from distilbeto.errors import UserError
from distilbeto.storage.files import write_text

RECORD = ".slurm-run"
SECONDS = 120  # to wait for SLURM: a cancelled job has 30 seconds to end


def hold(folder: Path) -> FileLock:
    """Lock `folder` for as long as this process lives.

    Where the file system has no locks, the file itself is the lock, and says whose it is.

    Raises:
        UserError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ".lock"
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError("another run is making these results", where=folder, remedy=_whose(path)) from None
    return lock


def _whose(lock: Path) -> str:
    """What to do about a lock that is held: with the process and the machine where the file says them."""
    holder = lock.read_text(encoding="utf-8", errors="replace").split()[:2]
    if len(holder) < 2:
        return "Wait for it, or end it."
    process, machine = holder
    return f"Wait for it, or end it: process {process} on {machine}. If there is none, delete {lock}."


def cancel_jobs_of_last_run(folder: Path, name: str | None) -> list[str]:
    """Cancel what the run before this one left in SLURM; returns the numbers of its jobs.

    `name` is what SLURM calls the jobs of this run; None where they are not SLURM's.
    """
    record = folder / RECORD
    left = _jobs_called(record.read_text().strip()) if record.is_file() and shutil.which("squeue") else []
    if left:
        _slurm("scancel", *left)
        _wait_until_gone(left, record.read_text().strip())
    if name is not None:
        write_text(record, name + "\n")
    return left


def _jobs_called(name: str) -> list[str]:
    states = "pending,running,suspended,completing"
    return _slurm("squeue", "--noheader", "--me", f"--name={name}", f"--states={states}", "--format=%A").split()


def _wait_until_gone(jobs: list[str], name: str) -> None:
    end = time.monotonic() + SECONDS
    while _jobs_called(name):
        if time.monotonic() > end:
            raise UserError(
                f"jobs of an earlier run do not end: {' '.join(jobs)}", remedy="Cancel them (scancel), then run again."
            )
        time.sleep(1)


def _slurm(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        raise UserError(f"{command[0]} failed: {said.strip()}", remedy="Is SLURM within reach?") from None
