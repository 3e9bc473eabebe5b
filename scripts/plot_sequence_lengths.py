"""Plot how long the sequences of a corpus are, and say what was kept of its text.

Example:
    python scripts/plot_sequence_lengths.py --lengths results/corpus/suc/beto/sequence_lengths.csv \\
        --report results/corpus/suc/beto/corpus_report.csv --output results/figures/lengths-suc-beto.pdf
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import add_figure_options, argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--lengths", required=True, type=Path, help="table of sequence lengths (CSV)")
    arguments.add_argument("--report", required=True, type=Path, help="table of the shards (CSV)")
    return add_figure_options(arguments)


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.corpus.lengths import read_lengths
    from distilbeto.reports.figures.sequence_lengths import draw_sequence_lengths, read_total
    from distilbeto.reports.figures.style import styled, write_figure
    from distilbeto.reports.figures.text import words_of

    counts, total = read_lengths(arguments.lengths), read_total(arguments.report)
    with styled():
        figure = draw_sequence_lengths(counts, total, words_of(arguments.language), arguments.note)
        write_figure(figure, arguments.output)


if __name__ == "__main__":
    start(main, parser())
