"""Train a student from its state at one step to its state at a later one.

Example:
    python scripts/distil_segment.py --settings "$(cat student.json)" --tokenizer results/tokenizers/beto \\
        --shards results/corpus/suc/beto/*-????.safetensors \\
        --token-counts results/corpus/suc/beto/token_counts.safetensors --teacher results/models/beto \\
        --state results/students/distilbeto/step-0000000.safetensors --end-step 1000 \\
        --output results/students/distilbeto/step-0001000.safetensors \\
        --metrics results/students/distilbeto/step-0001000.jsonl --threads 4
"""

import argparse
from pathlib import Path

from distilbeto.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="the student's block of the configuration as JSON")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of the prepared tokenizer")
    arguments.add_argument(
        "--shards", type=Path, required=True, nargs="+", help="all shards of the corpus, always in the same order"
    )
    arguments.add_argument("--token-counts", type=Path, required=True, help="token counts of the corpus")
    arguments.add_argument("--teacher", type=Path, help="folder of the teacher, if the settings name one")
    arguments.add_argument("--state", type=Path, required=True, help="state to go on from")
    arguments.add_argument("--end-step", type=int, required=True, help="step to go to")
    arguments.add_argument("--output", type=Path, required=True, help="state to write (safetensors)")
    arguments.add_argument("--metrics", type=Path, required=True, help="metrics to write (JSON Lines)")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.distillation.segment import Inputs, train_segment
    from distilbeto.distillation.settings import TrainingSettings

    torch.set_num_threads(arguments.threads)
    settings = parse_settings(TrainingSettings, arguments.settings)
    inputs = Inputs(arguments.tokenizer, arguments.shards, arguments.token_counts, arguments.teacher, arguments.state)
    train_segment(settings, inputs, arguments.end_step, arguments.output, arguments.metrics)


if __name__ == "__main__":
    start(main, parser(), torch=True)
