"""Put its tokenizer beside a fine-tuned model, so that transformers.pipeline loads the folder.

Example:
    python scripts/export_finetuned.py --finetuned results/finetuned/distilbeto/ner/seed-42 \\
        --tokenizer results/tokenizers/beto_uncased
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--finetuned", type=Path, required=True, help="folder of the fine-tuned model")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of its prepared tokenizer")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.models.pretrained import config_in
    from distilbeto.models.save import write_tokenizer

    write_tokenizer(arguments.finetuned, arguments.tokenizer, config_in(arguments.finetuned))


if __name__ == "__main__":
    start(main, parser())
