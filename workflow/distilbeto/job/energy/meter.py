"""Measure a job from its start to its end, and append what it took to the record beside its log.

A job knows its log by its standard error, which every rule sends there. Only in a run of the workflow is anything
written: that names the folder of its logs in the environment.
"""

import json
import logging
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from distilbeto.job.energy.counters import ProcessorCounter, gpu_joules, processor_domains

LOGS_VARIABLE = "DISTILBETO_ENERGY"  # the folder of the logs
SUFFIX = ".energy.jsonl"
STANDARD_ERROR = Path("/proc/self/fd/2")


@contextmanager
def metered(*, torch: bool = False) -> Iterator[None]:
    """Around a job; `torch` says that it may use a GPU. However it ends, but for a SIGKILL, a line is appended."""
    path = record_path()
    if path is None:
        yield
        return
    meter, status = _started(torch), 1
    try:
        yield
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
        raise
    finally:
        if meter:
            _append(path, meter, status)


def record_path() -> Path | None:
    """Beside the log of this job; None outside of the workflow."""
    logs = os.environ.get(LOGS_VARIABLE)
    if not logs or not STANDARD_ERROR.exists():
        return None
    log = STANDARD_ERROR.resolve()
    inside = log.suffix == ".log" and log.is_relative_to(Path(logs).resolve())
    return log.with_suffix(SUFFIX) if inside else None


class Meter:
    """Reads all counters when it is made."""

    def __init__(self, torch: bool) -> None:
        self.began, self.clock, self.busy = datetime.now(UTC), time.monotonic(), busy_seconds()
        self.processor = ProcessorCounter([] if _is_rank() else processor_domains())
        self.gpus = gpu_joules() if torch else {}

    def reading(self, status: int) -> dict[str, Any]:
        """The line of the record. Joules are null where there is no counter; 0 of a GPU that the job did not use.

        Processes that train together count their GPU only: what they take of the processor is in their parent's line.
        """
        seconds, own = time.monotonic() - self.clock, 0.0 if _is_rank() else cpu_seconds()
        return {
            "began": self.began.isoformat(timespec="seconds"),
            "rank": int(os.environ["LOCAL_RANK"]) if _is_rank() else None,
            "status": status,
            "seconds": 0.0 if _is_rank() else round(seconds, 3),
            "cpu_seconds": round(own, 3),
            "processor_joules": 0.0 if _is_rank() else self._processor_joules(own),
            "gpu_joules": self._gpu_joules(),
            "host": platform.node(),
        }

    def _processor_joules(self, own: float) -> float | None:
        """The job's part of what the machine took, by the time that its processors were busy with it."""
        whole = self.processor.joules()
        self.processor.end()
        if whole is None:
            return None
        busy = busy_seconds() - self.busy
        return round(whole * min(1.0, own / busy if busy > 0 else 1.0), 3)

    def _gpu_joules(self) -> float | None:
        if not _uses_gpu():
            return 0.0
        now = gpu_joules()
        return round(sum(now[name] - self.gpus[name] for name in self.gpus), 3) if self.gpus and now else None


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def busy_seconds() -> float:
    """Of all processors of this machine since it started, as Linux counts it."""
    user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = map(
        int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _is_rank() -> bool:
    return "LOCAL_RANK" in os.environ


def _uses_gpu() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and bool(torch.cuda.is_initialized())


def _started(torch: bool) -> Meter | None:
    """A meter; none, and a warning, where a counter cannot be read: no job fails for that."""
    try:
        return Meter(torch)
    except (OSError, ValueError) as error:
        logging.warning("the energy of this job is not recorded: %s", error)
        return None


def _append(path: Path, meter: Meter, status: int) -> None:
    """One write, so that processes that end at once do not mix their lines."""
    try:
        line = (json.dumps(meter.reading(status)) + "\n").encode()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except (OSError, ValueError, KeyError) as error:
        logging.warning("the energy of this job is not recorded: %s", error)
