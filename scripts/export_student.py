"""Turn a student's state into a model folder that transformers loads and the Hub takes.

Example:
    python scripts/export_student.py --student distilbeto --model distilbeto --settings "$(cat student.json)" \\
        --tokenizer results/tokenizers/beto --state results/students/distilbeto/step-0087890.safetensors \\
        --metrics results/students/distilbeto/step-*.jsonl --output results/models/distilbeto
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--student", required=True, help="name of the student in the configuration")
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--settings", required=True, help="the student's block of the configuration as JSON")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of the prepared tokenizer")
    arguments.add_argument("--state", type=Path, required=True, help="state to export")
    arguments.add_argument(
        "--metrics", type=Path, required=True, nargs="+", help="metrics of all segments up to the state"
    )
    arguments.add_argument("--output", type=Path, required=True, help="folder of the model")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.distillation.export import export_student
    from distilbeto.distillation.settings import TrainingSettings

    torch.set_num_threads(arguments.threads)
    settings = parse_settings(TrainingSettings, arguments.settings)
    export_student(
        arguments.student,
        arguments.model,
        settings,
        tokenizer=arguments.tokenizer,
        state=arguments.state,
        metrics=arguments.metrics,
        output=arguments.output,
    )


if __name__ == "__main__":
    start(main, parser(), torch=True)
