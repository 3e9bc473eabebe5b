"""Generate the data of the demonstration: corpus, tokenizers, the seven data sets, checkpoints of random weights.

Example:
    python scripts/generate_miniature.py --settings '{"seed": 42}' --output results/demo/miniature
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="the block `miniature` of the configuration as JSON")
    arguments.add_argument("--output", type=Path, required=True, help="folder with a sub-folder for each source")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.miniature.generate import generate
    from distilbeto.miniature.settings import MiniatureSettings

    generate(parse_settings(MiniatureSettings, arguments.settings), arguments.output)


if __name__ == "__main__":
    start(main, parser())
