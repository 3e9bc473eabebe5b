"""Make the Spanish files of MLDoc from Reuters RCV2 and the index files of github.com/facebookresearch/MLDoc.

NIST licenses RCV2. The indices of `spanish` name 9,458 documents for training, those of `spanish-latam` 10,000.

Example:
    python scripts/make_mldoc.py --rcv2 rcv2/spanish --indices MLDoc/mldoc-indices --name spanish --output data/mldoc
"""

import argparse
import logging
from pathlib import Path

from distilbeto.job.cli import argument_parser, start

PARTS = {"train.{size}": "mldoc.es.train.{size}", "dev": "mldoc.es.dev", "test": "mldoc.es.test"}


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--rcv2", type=Path, required=True, help="the folder that holds REUTES1 ... or LATAM1 ...")
    arguments.add_argument("--indices", type=Path, required=True, help="the folder of the index files")
    arguments.add_argument("--name", choices=["spanish", "spanish-latam"], required=True, help="of the index files")
    arguments.add_argument("--size", choices=["1000", "2000", "5000", "10000"], default="10000", help="of training")
    arguments.add_argument("--output", type=Path, required=True, help="folder to write")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.errors import UserError
    from distilbeto.glues.rcv2 import write_documents

    for part, file in PARTS.items():
        index = arguments.indices / f"{arguments.name}.{part.format(size=arguments.size)}"
        if not index.is_file():
            raise UserError("no such index file", where=index, remedy="They are in mldoc-indices of the repository.")
        output = arguments.output / file.format(size=arguments.size)
        labels = write_documents(index, arguments.rcv2, output)
        counts = ", ".join(f"{label} {count}" for label, count in sorted(labels.items()))
        logging.info("%s: %d documents (%s)", output, labels.total(), counts)


if __name__ == "__main__":
    start(main, parser())
