"""Draw a bootstrap sample of a data set: as many of its examples as there are, with replacement.

Example:
    python scripts/draw_examples.py --examples ner_test.jsonl --manifest ner_test.json --seed 4242 \\
        --name ner_test~4242 --output ner_test~4242.jsonl --output-manifest ner_test~4242.json
"""

import argparse
import logging
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--examples", type=Path, required=True)
    arguments.add_argument("--manifest", type=Path, required=True, help="beside the examples")
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--name", required=True, help="of the sample")
    arguments.add_argument("--output", type=Path, required=True, help="JSON Lines file to write")
    arguments.add_argument("--output-manifest", type=Path, required=True)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.glues.bootstrap import write_sample
    from distilbeto.storage.files import write_json

    record = write_sample(arguments.examples, arguments.manifest, arguments.seed, arguments.name, arguments.output)
    write_json(arguments.output_manifest, record)
    logging.info("%s: %d examples", record["dataset"], record["examples"])


if __name__ == "__main__":
    start(main, parser())
