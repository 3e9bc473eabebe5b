"""How far each job is, told by nothing but its output and its log: the same here and on a cluster."""

import re
import time
from pathlib import Path
from typing import Literal, NamedTuple

from distilbeto.status.jobs import Job
from distilbeto.storage.files import read_json

State = Literal["done", "running", "failed", "waiting"]
STATES: tuple[State, ...] = ("done", "running", "failed", "waiting")
SILENT_SECONDS = 600.0  # work that lasts writes a line a minute
LEFT = re.compile(r"(\d+) s left")
ERROR = re.compile(r"^(error: |Traceback |\w*Error: )", re.MULTILINE)


class Progress(NamedTuple):
    """`seconds`: of a job that is done, what it took; of one that runs, what is left; None if that is not known."""

    job: Job
    state: State
    seconds: float | None = None
    last_lines: tuple[str, ...] = ()
    collapsed: str | None = None  # how, of a fine-tuning that is done


def progress_of(job: Job, now: float | None = None, began: float = 0.0) -> Progress:
    """A job without output whose log ends in an error has failed, and so has one that was ended without a word.

    What was logged before the run `began` says nothing of a job that this run has still to start.
    """
    if job.made.exists():
        seconds, collapsed = _recorded(job)
        return Progress(job, "done", seconds, collapsed=collapsed)
    if not job.log.exists() or job.log.stat().st_mtime < began:
        return Progress(job, "waiting")
    text = job.log.read_text(encoding="utf-8", errors="replace")
    lines = tuple(line for line in re.split(r"[\r\n]+", text) if line.strip())[-5:]
    silent = (time.time() if now is None else now) - job.log.stat().st_mtime
    if ERROR.search(text) or silent > SILENT_SECONDS:
        return Progress(job, "failed", last_lines=lines)
    left = [int(seconds) for line in lines for seconds in LEFT.findall(line)]
    return Progress(job, "running", max(0.0, left[-1] - silent) if left else None, lines)


def _recorded(job: Job) -> tuple[float | None, str | None]:
    """The seconds that it took and how it collapsed, as its record says; of files that have none, nothing."""
    if job.made.suffix != ".json":
        return _from_metrics(job.made.with_suffix(".jsonl")), None
    record = read_json(job.made)
    return float(record["provenance"]["wall_seconds"]), record.get("collapsed")


def _from_metrics(path: Path) -> float | None:
    if not path.exists():
        return None
    found = re.findall(r'"wall_seconds": ([\d.]+)', path.read_text(encoding="utf-8"))
    return float(found[-1]) if found else None
