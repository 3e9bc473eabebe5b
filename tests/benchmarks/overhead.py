"""How much of a run is not its stages' own work: the whole miniature, on two cores.

A program called `python` stands before the real one on the path of jobs, and notes when each script begins and ends.
What is left of cores x time is overhead: planning, scheduling, starting jobs, waiting for one another.

Example:
    python tests/benchmarks/overhead.py
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from distilbeto.job.cli import argument_parser, start

ROOT = Path(__file__).parents[2]
CORES = 2
TIMED = """#!/bin/sh
began=$(date +%s.%N)
{python} "$@"
status=$?
echo "$(basename "$1" .py) $began $(date +%s.%N)" >> {times}
exit $status
"""


def parser() -> argparse.ArgumentParser:
    return argument_parser(__doc__)


def main(_: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("Snakefile", "config.yaml", "rules", "scripts", "workflow", "profiles"):
            (folder / part).symlink_to(ROOT / part)
        wall = run_miniature(folder)
        report(folder / "times", wall)


def run_miniature(folder: Path) -> float:
    """Seconds of the whole command, its start and end included."""
    timed = folder / "bin" / "python"
    timed.parent.mkdir()
    timed.write_text(TIMED.format(python=sys.executable, times=folder / "times"))
    timed.chmod(0o755)
    environment = os.environ | {"PATH": f"{timed.parent}{os.pathsep}{os.environ['PATH']}"}
    prefork = [sys.executable, "-m", "distilbeto.job.prefork", sys.executable, "-m", "snakemake"]
    began = time.monotonic()
    subprocess.run([*prefork, "--workflow-profile", "profiles/demo"], cwd=folder, env=environment, check=True)
    return time.monotonic() - began


def report(times: Path, wall: float) -> None:
    """Latency is measured with all cores to itself."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for line in times.read_text().splitlines():
        script, began, ended = line.split()
        seconds[script].append((float(ended) - float(began)) * (CORES if script == "time_inference" else 1))
    for script, each in sorted(seconds.items(), key=lambda entry: -sum(entry[1])):
        print(f"{script:<20} {len(each):>4} jobs {sum(each):8.1f} core seconds")
    own, all_of_it = sum(map(sum, seconds.values())), CORES * wall
    print(f"{wall:.0f} s on {CORES} cores: {own:.0f} of {all_of_it:.0f} core seconds are stages' own work")
    print(f"overhead {1 - own / all_of_it:.1%}")


if __name__ == "__main__":
    start(main, parser())
