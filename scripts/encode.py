"""Encode a data set for a task: the token ids and targets that models train and predict on.

Example:
    python scripts/encode.py --examples results/examples/ner_train.jsonl --manifest results/examples/ner_train.json \\
        --settings '{"kind": "token_classification", "labels": ["O", "B-LOC", "I-LOC"]}' \\
        --max-length 510 --stride 128 --tokenizer results/tokenizers/beto \\
        --output results/features/beto/ner_train-ner-510.safetensors
"""

import argparse
import os
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--examples", required=True, type=Path, help="the data set as JSON Lines")
    arguments.add_argument("--manifest", required=True, type=Path, help="its manifest")
    arguments.add_argument("--settings", required=True, help="kind and labels of the task as JSON")
    arguments.add_argument("--max-length", required=True, type=int, help="longest sequence, in tokens")
    arguments.add_argument("--stride", required=True, type=int, help="tokens that windows of a context share")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--output", required=True, type=Path, help="features to write (safetensors)")
    arguments.add_argument("--threads", type=int, default=1, help="threads of the tokenizer (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if arguments.threads > 1 else "false"
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)

    from distilbeto.glues.encode import Lengths, encode
    from distilbeto.glues.settings import EncodingSettings
    from distilbeto.tokenizer import load_tokenizer

    encode(
        arguments.examples,
        arguments.manifest,
        settings=parse_settings(EncodingSettings, arguments.settings),
        lengths=Lengths(arguments.max_length, arguments.stride),
        tokenizer=load_tokenizer(arguments.tokenizer),
        output=arguments.output,
    )


if __name__ == "__main__":
    start(main, parser())
