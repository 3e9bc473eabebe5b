"""Write the history of a student's training as event files for TensorBoard.

The training may still be running: run it again, and TensorBoard shows the segments that have ended since.

Example:
    python scripts/write_tensorboard.py --metrics results/students/distilbeto/step-*.jsonl \\
        --output results/students/distilbeto/tensorboard
    tensorboard --logdir results/students
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument(
        "--metrics", required=True, type=Path, nargs="+", help="metrics of the student's segments (step-*.jsonl)"
    )
    arguments.add_argument("--output", required=True, type=Path, help="folder for the event files")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.reports.figures.history import read_history
    from distilbeto.reports.figures.tensorboard import write_events

    write_events(read_history(arguments.metrics), arguments.output)


if __name__ == "__main__":
    start(main, parser())
