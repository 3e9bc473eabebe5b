"""Turn fetched weights, a transformers model or a TensorFlow checkpoint, into a model of this workflow, and check them.

Example:
    python scripts/convert_model.py --model albert_base --settings "$(cat albert_base.json)" \\
        --source results/sources/albert_base --tokenizer results/tokenizers/albert --output results/models/albert_base
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--settings", required=True, help="its block of the configuration as JSON")
    arguments.add_argument("--source", type=Path, required=True, help="folder of the fetched source")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of the prepared tokenizer")
    arguments.add_argument("--output", type=Path, required=True, help="folder of the model")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.models.settings import ModelSettings
    from distilbeto.storage.provenance import Stopwatch
    from distilbeto.tokenizer import load_tokenizer

    stopwatch = Stopwatch()
    settings = parse_settings(ModelSettings, arguments.settings)
    tokenizer = load_tokenizer(arguments.tokenizer)

    import torch

    from distilbeto.models.load import load_weights
    from distilbeto.models.save import save_model

    torch.set_num_threads(arguments.threads)
    weights, file = load_weights(arguments.source, settings.architecture, tokenizer)
    save_model(
        arguments.output,
        arguments.model,
        weights,
        origin=f"source {settings.source}: {file}",
        tokenizer=tokenizer,
        settings=settings.model_dump(),
        stopwatch=stopwatch,
    )


if __name__ == "__main__":
    start(main, parser(), torch=True)
