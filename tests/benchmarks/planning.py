"""How long Snakemake plans, and in how much memory: the thesis with three seeds and 400 shards; the same with a search.

Each plan is made `--times` times in a new process; the fastest counts, since others may use the machine. Nothing of it
is there yet. Beside the time on the clock stands that on the processor.

Example:
    python tests/benchmarks/planning.py
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from distilbeto.job.cli import argument_parser, start

ROOT = Path(__file__).parents[2]
THESIS = """
results: {folder}/results
seeds: [42, 43, 44]
corpora: {{spanish_corpora: {{shard_bytes: 46500000}}}}
"""
PLANS = {"thesis": THESIS, "thesis with a search": THESIS + "finetuning: {{search: lrec2022}}\n"}


class Measured(NamedTuple):
    seconds: float
    processor_seconds: float
    megabytes: float


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--times", type=int, default=3, help="runs of each plan (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    print("| plan | jobs | seconds | on the processor | peak MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in PLANS.items():
            overlay = Path(folder) / "overlay.yaml"
            overlay.write_text(text.format(folder=folder))
            best = min(plan(overlay) for _ in range(arguments.times))
            figures = f"{best.seconds:.1f} | {best.processor_seconds:.1f} | {best.megabytes:.0f}"
            print(f"| {name} | {jobs_of(overlay):,} | {figures} |")


def plan(overlay: Path) -> Measured:
    began = time.monotonic()
    process = subprocess.Popen(command(overlay, "all"), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(process.args)} failed")
    return Measured(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def jobs_of(overlay: Path) -> int:
    ran = subprocess.run(command(overlay, "rules"), cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [line for line in (ran.stdout + ran.stderr).splitlines() if line.startswith("total")][:1]
    return int(line.split()[1])


def command(overlay: Path, quiet: str) -> list[str]:
    target = f"{overlay.parent}/results/tables.tex"
    options = ["--dry-run", "--quiet", quiet, "--configfile", str(overlay)]
    return [sys.executable, "-m", "snakemake", *options, "--", target]


if __name__ == "__main__":
    start(main, parser())
