"""What a result was made from: settings, versions, revision, device, time, memory."""

import platform
import resource
import subprocess
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "transformers", "tokenizers", "numpy")


class Stopwatch:
    """Starts when it is made; `provenance` reads it."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.began


def provenance(settings: Any, stopwatch: Stopwatch, *, device: str = "cpu") -> dict[str, Any]:
    """The record that every result file carries.

    `settings` is the JSON-able configuration block of the stage. Memory is the peak resident set in MiB,
    `wall_seconds` runs from the stopwatch's start.
    """
    return {
        "settings": settings,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        "git_revision": git_revision(),
        "device": device,
        "host": platform.node(),
        "wall_seconds": round(stopwatch.seconds(), 3),
        "peak_memory_mib": round(peak_memory_mib(), 1),
    }


def peak_memory_mib() -> float:
    """The peak resident set of this process since it was started.

    On Linux the kernel counts it anew in each program that starts (VmHWM); ru_maxrss would begin with the memory of the
    process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def git_revision() -> str | None:
    """The commit of this checkout, with `-dirty` after uncommitted changes; None outside a repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
