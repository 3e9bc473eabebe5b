"""The table of distillation_works.yaml: what teacher and students make of the held-out sequences.

Columns: steps; masked tokens predicted right, in percent; the share of the teacher's that is; the masked language
model's loss in nats; tokens a second while training (median).

Example:
    python tests/benchmarks/distillation_works.py results/distillation/students
"""

import json
from pathlib import Path
from statistics import median
from typing import Any

from distilbeto.cli import argument_parser

TEACHER = "teacher"


def last_of(student: Path) -> tuple[dict[str, Any], float]:
    """The closing line of the last segment, and the median speed of all steps."""
    lines = [json.loads(line) for path in sorted(student.glob("step-*.jsonl")) for line in path.open(encoding="utf-8")]
    return lines[-1], median(line["tokens_per_second"] for line in lines if "losses" in line)


def row(student: Path, teacher_accuracy: float) -> str:
    closing, speed = last_of(student)
    found = closing["validation"]
    cells = (
        f"{closing['step']:,}",
        f"{100 * found['accuracy']:.2f}",
        f"{100 * found['accuracy'] / teacher_accuracy:.0f} %",
        f"{found['masked_lm']:.3f}",
        f"{speed:,.0f}",
    )
    return f"| {student.name} | {' | '.join(cells)} |"


def main(folder: Path) -> None:
    students = sorted(path for path in folder.iterdir() if any(path.glob("step-*.jsonl")))
    accuracy = last_of(folder / TEACHER)[0]["validation"]["accuracy"]
    print("| student | steps | right, % | of the teacher's | loss | tokens/s |\n|---|---|---|---|---|---|")
    for student in students:
        print(row(student, accuracy))


if __name__ == "__main__":
    arguments = argument_parser(__doc__)
    arguments.add_argument("students", type=Path, help="the folder `students` of the results")
    main(arguments.parse_args().students)
