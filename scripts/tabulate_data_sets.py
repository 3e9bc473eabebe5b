"""Tabulate what data sets hold, as read (examples, labels, repairs) and as encoded (tokens, unknown ones, losses).

Example:
    python scripts/tabulate_data_sets.py --manifests results/examples/*.json \\
        --features results/features/*/*.safetensors --output results/tables/data_sets.csv
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--manifests", type=Path, nargs="*", required=True, help="of the data sets as read")
    arguments.add_argument("--features", type=Path, nargs="*", default=[], help="the data sets as encoded")
    arguments.add_argument("--output", type=Path, required=True, help="CSV file to write")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.reports.tables.data_sets import data_sets_csv
    from distilbeto.storage.files import write_text

    write_text(arguments.output, data_sets_csv(arguments.manifests, arguments.features))


if __name__ == "__main__":
    start(main, parser())
