"""A WordPiece vocabulary of real text for models small enough that two cores train them in an hour.

Example:
    python tests/benchmarks/small_vocabulary.py $DISTILBETO_REAL_DATA/corpus/python_docs_es.txt --size 4000 \\
        --output results/distillation-vocabulary
"""

import argparse
from itertools import chain
from pathlib import Path

from distilbeto.job.cli import argument_parser, start
from distilbeto.miniature.tokenizers import train_wordpiece
from distilbeto.storage.files import write_text


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("texts", nargs="+", type=Path)
    arguments.add_argument("--size", type=int, default=4000)
    arguments.add_argument("--output", type=Path, required=True, help="folder of vocab.txt")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    files = [path.open(encoding="utf-8") for path in arguments.texts]
    pieces = train_wordpiece((line.lower() for line in chain(*files)), arguments.size)
    write_text(arguments.output / "vocab.txt", "".join(f"{piece}\n" for piece in pieces))


if __name__ == "__main__":
    start(main, parser())
