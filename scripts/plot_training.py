"""Plot the curves of a student's training: its losses, its held-out loss and accuracy, its speed.

It may still be running: the metrics of the segments that have ended are enough. Several students are compared in one
figure.

Examples:
    python scripts/plot_training.py --student distilbeto results/students/distilbeto/step-*.jsonl \\
        --output results/figures/training-distilbeto.pdf results/figures/training-distilbeto.png
    python scripts/plot_training.py --student a results/students/a/step-*.jsonl \\
        --student b results/students/b/step-*.jsonl --output a-and-b.png
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import add_figure_options, argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument(
        "--student",
        required=True,
        action="append",
        nargs="+",
        metavar=("NAME", "METRICS"),
        help="a name for the legend, and the metrics of the student's segments (step-*.jsonl); once for each student",
    )
    return add_figure_options(arguments)


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.errors import UserError
    from distilbeto.reports.figures.history import read_history
    from distilbeto.reports.figures.style import styled, write_figure
    from distilbeto.reports.figures.text import words_of
    from distilbeto.reports.figures.training import draw_training

    histories = {name: read_history(map(Path, metrics)) for name, *metrics in arguments.student}
    if len(histories) < len(arguments.student):
        raise UserError("two students have the same name", remedy="Give each --student a name of its own.")
    with styled():
        write_figure(draw_training(histories, words_of(arguments.language), arguments.note), arguments.output)


if __name__ == "__main__":
    start(main, parser())
