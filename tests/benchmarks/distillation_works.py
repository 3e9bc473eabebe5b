"""Does distillation work? The table of the experiment in distillation_works.yaml, from the metrics of its trainings.

Held-out sequences, the same for all. accuracy: of masked tokens predicted right; loss: their cross entropy; retained:
accuracy as a share of the teacher's.

Example:
    python tests/benchmarks/distillation_works.py results/distillation/students
"""

import argparse
import json
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.job.cli import argument_parser, start

TEACHER = "teacher"
ROWS = {
    TEACHER: "teacher",
    "a_distilled_copied": "(a) distilled, layers copied",
    "b_distilled_random": "(b) distilled, random start",
    "c_masked_lm_copied": "(c) MLM alone, layers copied",
    "d_masked_lm_random": "(d) MLM alone, random start",
}


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("students", type=Path, help="folder with a folder of metrics for each student")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    found = {name: segments_of(arguments.students / name) for name in ROWS}
    if not found[TEACHER]:
        remedy = "Run the command in distillation_works.yaml first."
        raise UserError("no metrics of the teacher", where=arguments.students / TEACHER, remedy=remedy)
    teacher = found[TEACHER][-1][-1]["validation"]["accuracy"]
    print("| | steps | tokens | loss | accuracy | retained | tokens/s |\n|---|---|---|---|---|---|---|")
    for name, segments in found.items():
        print(row(ROWS[name], segments, teacher) if segments else f"| {ROWS[name]} | not trained | | | | | |")


def segments_of(folder: Path) -> list[list[dict[str, Any]]]:
    """The lines of each segment's metrics, in order; none if there is no metrics file."""
    paths = sorted(folder.glob("step-*.jsonl"))
    return [[json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in paths]


def row(label: str, segments: list[list[dict[str, Any]]], teacher: float) -> str:
    validation = segments[-1][-1]["validation"]
    steps = [line for segment in segments for line in segment[:-1]]
    tokens = sum(step["tokens"] for step in steps)
    speed = tokens / sum(step["tokens"] / step["tokens_per_second"] for step in steps)
    accuracy = validation["accuracy"]
    return (
        f"| {label} | {steps[-1]['step']:,} | {tokens / 1e6:.2f} M | {validation['masked_lm']:.3f} |"
        f" {100 * accuracy:.2f} % | {100 * accuracy / teacher:.1f} % | {speed:,.0f} |"
    )


if __name__ == "__main__":
    start(main, parser())
