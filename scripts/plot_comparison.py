"""Plot how far each score is from what was published of the same model.

Example:
    python scripts/plot_comparison.py --comparison results/tables/comparison.csv \\
        --output results/figures/comparison.pdf results/figures/comparison.png
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import add_figure_options, argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--comparison", required=True, type=Path, help="comparison.csv")
    arguments.add_argument(
        "--names", default="{}", help="what to call models, and columns, as JSON {model or task/test: name}"
    )
    return add_figure_options(arguments)


def main(arguments: argparse.Namespace) -> None:
    import json

    from distilbeto.reports.figures.comparison import draw_comparison, read_differences
    from distilbeto.reports.figures.style import styled, write_figure
    from distilbeto.reports.figures.text import words_of

    differences = read_differences(arguments.comparison)
    names, words = json.loads(arguments.names), words_of(arguments.language)
    with styled():
        write_figure(draw_comparison(differences, names, words, arguments.note), arguments.output)


if __name__ == "__main__":
    start(main, parser())
