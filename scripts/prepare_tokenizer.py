"""Prepare a tokenizer: lower-casing and accents as its settings say, no truncation, no padding.

Example:
    python scripts/prepare_tokenizer.py --settings '{"lowercase": true, "strip_accents": false}' \\
        --source results/sources/beto --output results/tokenizers/beto
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="lowercase and strip_accents, as JSON")
    arguments.add_argument("--source", required=True, type=Path, help="folder with the published tokenizer")
    arguments.add_argument("--output", required=True, type=Path, help="folder of the prepared tokenizer")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.tokenizer.prepare import prepare_tokenizer
    from distilbeto.tokenizer.settings import Normalization

    prepare_tokenizer(arguments.source, parse_settings(Normalization, arguments.settings), arguments.output)


if __name__ == "__main__":
    start(main, parser())
