"""Train a student from its state at one step to its state at a later one.

Example:
    python scripts/distil_segment.py --settings "$(cat student.json)" --tokenizer results/tokenizers/beto \\
        --shards results/corpus/suc/beto/*-????.safetensors \\
        --token-counts results/corpus/suc/beto/token_counts.safetensors --teacher results/models/beto \\
        --state results/students/distilbeto/step-0000000.safetensors --end-step 1000 \\
        --output results/students/distilbeto/step-0001000.safetensors \\
        --metrics results/students/distilbeto/step-0001000.jsonl --threads 4

With --processes 4 the same on four GPUs of this machine. On two machines with four each, which see the same files and
reach first-machine at a free port, both run:
    torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint first-machine:29500 \\
        scripts/distil_segment.py ... (all arguments as above)
"""

import argparse
import os
import sys
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="the student's block of the configuration as JSON")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of the prepared tokenizer")
    arguments.add_argument(
        "--shards", type=Path, required=True, nargs="+", help="all shards of the corpus, always in the same order"
    )
    arguments.add_argument("--token-counts", type=Path, required=True, help="token counts of the corpus")
    arguments.add_argument("--teacher", type=Path, help="folder of the teacher, if the settings name one")
    arguments.add_argument("--state", type=Path, required=True, help="state to start from")
    arguments.add_argument("--end-step", type=int, required=True, help="step to end at")
    arguments.add_argument("--output", type=Path, required=True, help="state to write (safetensors)")
    arguments.add_argument("--metrics", type=Path, required=True, help="metrics to write (JSON Lines)")
    arguments.add_argument(
        "--attempts",
        type=Path,
        help="folder that saves finished segments of a failed job for its next attempt",
    )
    arguments.add_argument(
        "--processes", type=int, default=1, help="how many train together, each on its own GPU (default: %(default)s)"
    )
    arguments.add_argument(
        "--threads", type=int, default=1, help="threads of torch, shared by the processes (default: %(default)s)"
    )
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.distillation.launch import launched, log_how_to_resume

    with log_how_to_resume(arguments.state):
        if launched():
            train(arguments)
        elif arguments.attempts is None:
            make(arguments)
        else:
            make_once(arguments)


def make(arguments: argparse.Namespace) -> None:
    from distilbeto.distillation.launch import launch

    if arguments.processes > 1:
        launch(arguments.processes, sys.argv)
    else:
        train(arguments)


def make_once(arguments: argparse.Namespace) -> None:
    """Train, unless an earlier attempt of the same job did."""
    from distilbeto.distillation.attempts import attempt_key, restore_attempt, save_attempt
    from distilbeto.job.code_digest import code_digest

    outputs = [arguments.output, arguments.metrics]
    settings = {"settings": arguments.settings, "end": arguments.end_step, "processes": arguments.processes}
    files = {
        "state": arguments.state,
        "counts": arguments.token_counts,
        "tokenizer": arguments.tokenizer / "manifest.json",
    }
    if arguments.teacher is not None:
        files["teacher"] = arguments.teacher / "manifest.json"
    shards = {"shards": [[path.name, path.stat().st_size] for path in arguments.shards]}
    key = attempt_key(settings | shards | {"code": code_digest(Path(__file__))}, files)
    if not restore_attempt(arguments.attempts, key, outputs):
        make(arguments)
        save_attempt(arguments.attempts, key, outputs)


def train(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.distillation.ranks import process_group
    from distilbeto.distillation.segment import Inputs, train_segment
    from distilbeto.distillation.settings import TrainingSettings

    torch.set_num_threads(max(1, arguments.threads // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    settings = parse_settings(TrainingSettings, arguments.settings)
    inputs = Inputs(arguments.tokenizer, arguments.shards, arguments.token_counts, arguments.teacher, arguments.state)
    with process_group() as ranks:
        train_segment(settings, inputs, arguments.end_step, arguments.output, arguments.metrics, ranks=ranks)


if __name__ == "__main__":
    start(main, parser(), torch=True)
