"""A run of Snakemake on the test's SLURM, watched and disturbed while it goes on."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tests.slurm import cluster

OVERLAYS = ["--configfile", "profiles/demo/miniature.yaml", "small.yaml"]
# As a person would, on a cluster without accounting.
OPTIONS = ["--workflow-profile", "profiles/slurm", "--slurm-no-account", "--slurm-status-command", "squeue"]
OPTIONS += ["--latency-wait", "5", "--quiet", "reason", "host"]
OPTIONS += ["--set-threads", "distil_segment=1", "finetune=1", "predict=1"]  # as in the demo: results are the same
RESULTS = Path("results/demo")
IMPATIENT = Path(__file__).with_name("impatient.py")


class Run:
    """Snakemake in `folder`, as a process of its own."""

    started: ClassVar[list["Run"]] = []

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder, self.log = folder, folder / "run.log"
        variables = {"PYTHONPATH": str(folder / "workflow"), "OMP_NUM_THREADS": "1"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, str(IMPATIENT), *OPTIONS, *OVERLAYS, *arguments]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env=os.environ | variables | {"PATH": path}, stdout=log, stderr=log
            )

        self.started.append(self)

    def finish(self) -> str:
        """Wait for its good end; returns what it said."""
        status = self.process.wait(timeout=900)
        said = self.log.read_text()
        assert status == 0, said[-6000:]
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def running_job(folder: Path, rule: str) -> str:
    """The number of the job of a rule that runs now for the checkout in `folder`; waits for it."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [number for number, comment in _jobs(folder, "running") if rule in comment]
        return bool(found)

    cluster.wait_for(look, f"a running job of {rule}")
    return found[0]


def waiting_jobs(folder: Path) -> list[str]:
    """The numbers of the jobs in the queue for the checkout in `folder`."""
    return [number for number, _ in _jobs(folder, "pending")]


def _jobs(folder: Path, state: str) -> list[tuple[str, str]]:
    """Number and comment of jobs; other tests have theirs on the same SLURM."""
    lines = cluster.run("squeue", "--noheader", f"--states={state}", "--format=%A|%Z|%k").splitlines()
    jobs = [line.split("|", maxsplit=2) for line in lines]
    return [(number, comment) for number, place, comment in jobs if place == str(folder)]


@contextmanager
def stopped(folder: Path, script: str, after: str | None = None) -> Iterator[None]:
    """Hold the process of a script in `folder`, once a file `after` is there, for what happens in its middle."""
    cluster.wait_for(lambda: after is None or any((folder / RESULTS).glob(after)), f"{after}")
    found: list[int] = []

    def look() -> bool:
        found[:] = [process for process in _processes_in(folder) if f"scripts/{script}.py" in _command_of(process)[:3]]
        return bool(found)

    cluster.wait_for(look, f"a process of {script}")
    for process in found:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in found:
            if process in _processes_in(folder):
                os.kill(process, signal.SIGCONT)


def _processes_in(folder: Path) -> list[int]:
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [number for number in numbers if _directory_of(number) == folder]


def _directory_of(process: int) -> Path | None:
    try:
        return Path(f"/proc/{process}/cwd").resolve(strict=True)
    except OSError:
        return None


def _command_of(process: int) -> list[str]:
    try:
        return Path(f"/proc/{process}/cmdline").read_text().split("\0")
    except OSError:
        return []


def take_away(folder: Path, *patterns: str) -> dict[Path, int]:
    """Delete results, the tables, and what is kept of segments; returns when each of the others was written."""
    for pattern in (*patterns, "tables*", "students/*/.kept"):
        for path in (folder / RESULTS).glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return {path: path.stat().st_mtime_ns for path in _results_in(folder)}


def written_again(before: dict[Path, int]) -> list[Path]:
    """Of results that were there `before`: those that are gone, or were made anew."""
    return [path for path, written in before.items() if not path.exists() or path.stat().st_mtime_ns != written]


def _results_in(folder: Path) -> list[Path]:
    own = ("logs", "checkpoints", "records", "tables", "tables.tex", "tables.html", "tables.txt", "last_run.json")
    files = [path for path in (folder / RESULTS).rglob("*") if path.is_file() and not path.name.startswith(".")]
    places = {path: path.relative_to(folder / RESULTS).parts for path in files}
    return [path for path, parts in places.items() if parts[0] not in own and ".kept" not in parts]


def state_of(job: str) -> str:
    """As SLURM has it: RUNNING, TIMEOUT, ..."""
    return cluster.run("squeue", "--noheader", "--states=all", f"--jobs={job}", "--format=%T")


def submitted(said: str) -> list[str]:
    """The numbers of the jobs that a run submitted."""
    return re.findall(r"has been submitted with SLURM jobid (\d+)", said)
