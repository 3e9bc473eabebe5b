"""Make a student's state at step 0: random weights, or weights copied from its teacher.

Example:
    python scripts/initialize_student.py --settings "$(cat student.json)" --tokenizer results/tokenizers/beto \\
        --teacher results/models/beto --output results/students/distilbeto/step-0000000.safetensors
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="the student's block of the configuration as JSON")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of the prepared tokenizer")
    arguments.add_argument("--teacher", type=Path, help="folder of the teacher, if the settings name one")
    arguments.add_argument("--output", type=Path, required=True, help="state to write (safetensors)")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.distillation.initialization import initialize_student
    from distilbeto.distillation.settings import TrainingSettings

    torch.set_num_threads(arguments.threads)
    settings = parse_settings(TrainingSettings, arguments.settings)
    initialize_student(settings, arguments.tokenizer, arguments.teacher, arguments.output)


if __name__ == "__main__":
    start(main, parser(), torch=True)
