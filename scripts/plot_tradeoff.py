"""Plot the average score of each model against its parameters and against its time on the CPU.

Example:
    python scripts/plot_tradeoff.py --scores results/tables/table_5_2.csv results/tables/table_5_3.csv \\
        --latencies results/tables/table_5_5.csv --output results/figures/tradeoff.pdf results/figures/tradeoff.png
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import add_figure_options, argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--scores", required=True, type=Path, nargs="+", help="table_5_2.csv, table_5_3.csv")
    arguments.add_argument("--latencies", required=True, type=Path, help="table_5_5.csv")
    arguments.add_argument("--names", default="{}", help="what to call models, as JSON {model: name}")
    arguments.add_argument("--sentences", type=int, default=100, help="that were timed (default: %(default)s)")
    arguments.add_argument("--measured-only", action="store_true", help="without models whose scores were published")
    return add_figure_options(arguments)


def main(arguments: argparse.Namespace) -> None:
    import json

    from distilbeto.reports.figures.style import styled, write_figure
    from distilbeto.reports.figures.text import words_of
    from distilbeto.reports.figures.tradeoff import draw_tradeoff, read_tradeoff

    tradeoff = read_tradeoff(arguments.scores, arguments.latencies, measured_only=arguments.measured_only)
    names, words = json.loads(arguments.names), words_of(arguments.language)
    with styled():
        write_figure(draw_tradeoff(tradeoff, names, arguments.sentences, words, arguments.note), arguments.output)


if __name__ == "__main__":
    start(main, parser())
