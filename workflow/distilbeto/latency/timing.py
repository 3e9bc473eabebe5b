"""Time what runs over inputs that are ready, on cores of its own, and describe the machine that it ran on."""

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median, stdev
from time import perf_counter
from typing import Any, TypeVar

from distilbeto.latency.settings import TimingSettings

Input = TypeVar("Input")


def pin_threads(count: int) -> list[int]:
    """Bind this process, before it starts threads, to the first `count` cores that it may use; return their numbers.

    Where the system cannot bind, it returns none.
    """
    if not hasattr(os, "sched_setaffinity"):
        return []
    cores = sorted(os.sched_getaffinity(0))[:count]
    os.sched_setaffinity(0, cores)
    return cores


def time_runs(forward: Callable[[Input], object], inputs: Sequence[Input], settings: TimingSettings) -> dict[str, Any]:
    """Seconds of each run over all inputs, their mean, median and spread; of the warm-up before them apart."""
    warmup = _seconds(forward, inputs[: settings.warmup_sentences])
    seconds = [_seconds(forward, inputs) for _ in range(settings.runs)]
    return {
        "warmup_seconds": warmup,
        "seconds": seconds,
        "mean": fmean(seconds),
        "median": median(seconds),
        "standard_deviation": stdev(seconds) if len(seconds) > 1 else None,
        "fastest": min(seconds),
        "slowest": max(seconds),
    }


def describe_machine() -> dict[str, Any]:
    """Processor, its cores, memory and system."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 1024**3, 1),
        "system": platform.platform(),
    }


def processor() -> str:
    """The name of this machine's processor."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _seconds(forward: Callable[[Input], object], inputs: Sequence[Input]) -> float:
    began = perf_counter()
    for each in inputs:
        forward(each)
    return perf_counter() - began
