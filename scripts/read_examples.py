"""Read a data set in its original format and write its examples as JSON Lines, with a manifest.

Example:
    python scripts/read_examples.py --dataset ner_test --settings '{"reader": "conll2002", "source": "conll2002",
        "file": "esp.testb"}' --file esp.testb --output results/examples/ner_test.jsonl
        --manifest results/examples/ner_test.json
"""

import argparse
import logging
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--dataset", required=True, help="name of the data set in the configuration")
    arguments.add_argument("--settings", required=True, help="its block of the configuration as JSON")
    arguments.add_argument("--file", type=Path, nargs="+", required=True, help="the original file, or several")
    arguments.add_argument("--output", type=Path, required=True, help="JSON Lines file to write")
    arguments.add_argument("--manifest", type=Path, required=True, help="JSON file with counts, repairs and notes")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.glues.examples import write_examples
    from distilbeto.glues.readers import read
    from distilbeto.glues.readers.manifest import manifest
    from distilbeto.glues.settings import DatasetSettings
    from distilbeto.storage.files import write_json
    from distilbeto.storage.provenance import Stopwatch

    stopwatch = Stopwatch()
    settings = parse_settings(DatasetSettings, arguments.settings)
    first, *more = arguments.file
    result = read(first, settings, *more)
    write_examples(arguments.output, result.examples)
    record = manifest(arguments.dataset, settings, result, arguments.output, stopwatch)
    write_json(arguments.manifest, record)
    logging.info("%s: %d examples", arguments.dataset, record["examples"])
    logging.info("labels: %s", record["labels"] or "none")
    logging.info("repairs: %s", record["repairs"] or "none")
    for note in record["notes"]:
        logging.info("%s", note)


if __name__ == "__main__":
    start(main, parser())
