"""Fine-tune a model on a task and keep one epoch. A killed run continues from its last whole epoch.

With --run-only only the record of the run is kept, not its weights: a point of a search.

Example:
    python scripts/finetune.py --model distilbeto --task ner --seed 42 --settings "$(cat ner.json)" \\
        --model-folder results/models/distilbeto --tokenizer results/tokenizers/beto \\
        --train results/features/beto/ner_train-ner-510.safetensors \\
        --dev results/features/beto/ner_dev-ner-510.safetensors --dev-examples results/examples/ner_dev.jsonl \\
        --checkpoints results/checkpoints/distilbeto/ner/seed-42 \\
        --output-folder results/finetuned/distilbeto/ner/seed-42
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--task", required=True, help="name of the task in the configuration")
    arguments.add_argument("--model-folder", required=True, type=Path, help="folder of the pre-trained model")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--train", required=True, type=Path, help="features to train on")
    arguments.add_argument("--dev", required=True, type=Path, help="features to validate each epoch on")
    arguments.add_argument("--dev-examples", required=True, type=Path, help="the development set as JSON Lines")
    arguments.add_argument("--settings", required=True, help="hyperparameters, optimization, selection, kind, labels")
    arguments.add_argument(
        "--hyperparameters", type=Path, help="JSON file, such as a search's; goes before the settings"
    )
    arguments.add_argument("--seed", required=True, type=int, help="of the head's weights, the order and dropout")
    arguments.add_argument("--checkpoints", required=True, type=Path, help="a folder of its own")
    output = arguments.add_mutually_exclusive_group(required=True)
    output.add_argument("--output-folder", type=Path, help="folder of the fine-tuned model")
    output.add_argument("--run-only", type=Path, help="record of the run to write (JSON), without weights")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.finetuning.record import Run
    from distilbeto.finetuning.settings import RunSettings, with_hyperparameters
    from distilbeto.finetuning.train import finetune, try_hyperparameters
    from distilbeto.job.code_digest import code_digest
    from distilbeto.tokenizer import load_tokenizer

    torch.set_num_threads(arguments.threads)
    settings = arguments.settings
    if arguments.hyperparameters:
        settings = with_hyperparameters(settings, arguments.hyperparameters)
    run = Run(
        model=arguments.model,
        task=arguments.task,
        seed=arguments.seed,
        model_folder=arguments.model_folder,
        tokenizer=load_tokenizer(arguments.tokenizer),
        train=arguments.train,
        dev=arguments.dev,
        dev_examples=arguments.dev_examples,
        settings=parse_settings(RunSettings, settings),
        code=code_digest(Path(__file__)),
    )
    if arguments.run_only:
        try_hyperparameters(run, arguments.checkpoints, arguments.run_only)
    else:
        finetune(run, arguments.checkpoints, arguments.output_folder)


if __name__ == "__main__":
    start(main, parser(), torch=True)
