"""Fetch a source: download it, take it from the Hub, or link to a local path; unpack and check it.

Example:
    python scripts/fetch.py --name xnli --settings '{"location": "https://dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip"}' \\
        --output results/sources/xnli --manifest results/sources/xnli.json
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--name", required=True, help="name of the source in the configuration")
    arguments.add_argument("--settings", required=True, help="its block of the configuration as JSON")
    arguments.add_argument("--output", type=Path, required=True, help="folder for its files")
    arguments.add_argument("--manifest", type=Path, required=True, help="JSON file that lists them")
    arguments.add_argument("--offline", action="store_true", help="use local paths and the Hub's cache only")
    arguments.add_argument(
        "--checksums",
        type=Path,
        default=Path("checksums.json"),
        help="checksums of earlier downloads (default: %(default)s)",
    )
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.sources.fetch import fetch
    from distilbeto.sources.settings import SourceSettings

    settings = parse_settings(SourceSettings, arguments.settings)
    fetch(
        arguments.name,
        settings,
        arguments.output,
        arguments.manifest,
        offline=arguments.offline,
        checksums=arguments.checksums,
    )


if __name__ == "__main__":
    start(main, parser())
