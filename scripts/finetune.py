"""Fine-tune a model on a task and keep one epoch. A killed run continues from its last whole epoch.

Example:
    python scripts/finetune.py --model distilbeto --task ner --seed 42 --settings "$(cat ner.json)" \\
        --model-folder results/models/distilbeto --tokenizer results/tokenizers/beto \\
        --train results/features/beto/ner_train-ner-510.safetensors \\
        --dev results/features/beto/ner_dev-ner-510.safetensors \\
        --checkpoints results/checkpoints/distilbeto/ner/seed-42 \\
        --output-folder results/finetuned/distilbeto/ner/seed-42
"""

import argparse
from pathlib import Path

from distilbeto.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--task", required=True, help="name of the task in the configuration")
    arguments.add_argument("--model-folder", required=True, type=Path, help="folder of the pre-trained model")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--train", required=True, type=Path, help="features to train on")
    arguments.add_argument("--dev", required=True, type=Path, help="features to validate each epoch on")
    arguments.add_argument("--settings", required=True, help="hyperparameters, optimization, selection, kind, labels")
    arguments.add_argument("--seed", required=True, type=int, help="of the head's weights, the order and dropout")
    arguments.add_argument("--checkpoints", required=True, type=Path, help="a folder of its own")
    arguments.add_argument("--output-folder", required=True, type=Path, help="folder of the fine-tuned model")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.code_digest import code_digest
    from distilbeto.finetuning.run import Run
    from distilbeto.finetuning.settings import RunSettings
    from distilbeto.finetuning.train import finetune
    from distilbeto.tokenizer import load_tokenizer

    torch.set_num_threads(arguments.threads)
    run = Run(
        model=arguments.model,
        task=arguments.task,
        seed=arguments.seed,
        model_folder=arguments.model_folder,
        tokenizer=load_tokenizer(arguments.tokenizer),
        train=arguments.train,
        dev=arguments.dev,
        settings=parse_settings(RunSettings, arguments.settings),
        code=code_digest(Path(__file__)),
    )
    finetune(run, arguments.checkpoints, arguments.output_folder)


if __name__ == "__main__":
    start(main, parser(), torch=True)
