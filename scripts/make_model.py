"""Make a model of this workflow: from fetched weights, which are checked, or of random weights.

Fetched weights are a transformers model or a TensorFlow checkpoint. Random ones, which take the random_seed of the
settings, are the untrained lower bound, or a tiny stand-in.

Example:
    python scripts/make_model.py --model albert_base --settings "$(cat albert_base.json)" \\
        --source results/sources/albert_base --tokenizer results/tokenizers/albert --output results/models/albert_base
"""

import argparse
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--settings", required=True, help="its block of the configuration as JSON")
    arguments.add_argument("--source", type=Path, help="folder of the fetched source, if the settings name one")
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
    if (arguments.source is None) != (settings.source is None) or settings.student is not None:
        raise UserError(
            f"the settings say source: {settings.source}, --source gives {arguments.source}",
            remedy="Give --source if and only if the settings name one; a student is exported, not made here.",
        )
    tokenizer = load_tokenizer(arguments.tokenizer)

    import torch

    from distilbeto.models.build import random_model
    from distilbeto.models.cut import first_layers
    from distilbeto.models.load import load_weights
    from distilbeto.models.save import save_model, weights_of

    torch.set_num_threads(arguments.threads)
    if settings.random_seed is not None and settings.architecture is not None:
        weights = weights_of(random_model(settings.architecture, tokenizer, settings.random_seed))
        origin = f"random weights, seed {settings.random_seed}"
    else:
        weights, file = load_weights(arguments.source, settings.architecture, tokenizer)
        origin = f"source {settings.source}: {file}"
    if settings.num_hidden_layers is not None:
        weights = first_layers(weights, settings.num_hidden_layers)
    save_model(
        arguments.output,
        arguments.model,
        weights,
        origin=origin,
        tokenizer=tokenizer,
        settings=settings.model_dump(),
        stopwatch=stopwatch,
    )


if __name__ == "__main__":
    start(main, parser(), torch=True)
