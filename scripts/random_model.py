"""Make a model of random weights: the untrained lower bound, or a tiny stand-in.

Example:
    python scripts/random_model.py --model tiny --settings "$(cat tiny.json)" \\
        --tokenizer results/tokenizers/beto --output results/models/tiny
"""

import argparse
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--settings", required=True, help="its block of the configuration as JSON, with random_seed")
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
    if settings.random_seed is None:
        raise UserError("--settings has no random_seed")
    tokenizer = load_tokenizer(arguments.tokenizer)

    import torch

    from distilbeto.models.build import random_model
    from distilbeto.models.save import Weights, save_model

    torch.set_num_threads(arguments.threads)
    model = random_model(settings.architecture, tokenizer, settings.random_seed)
    model.config.architectures = [type(model).__name__]
    save_model(
        arguments.output,
        arguments.model,
        Weights(model.config, model.state_dict()),
        origin=f"random weights, seed {settings.random_seed}",
        tokenizer=tokenizer,
        settings=settings.model_dump(),
        stopwatch=stopwatch,
    )


if __name__ == "__main__":
    start(main, parser(), torch=True)
