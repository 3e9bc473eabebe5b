"""Export a model for token classification as ONNX, in full precision (model.onnx) and quantized (int8.onnx).

A folder with run.json is taken as fine-tuned; any other gets a head with random weights.

Example:
    python scripts/export_onnx.py --model distilbeto --model-folder results/finetuned/distilbeto/ner/seed-42 \\
        --output-folder results/onnx/distilbeto
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--model-folder", required=True, type=Path, help="pre-trained, or for token classification")
    arguments.add_argument("--labels", type=int, default=9, help="of a random head (default: %(default)s)")
    arguments.add_argument("--output-folder", required=True, type=Path)
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.latency.onnx.export import export_onnx

    torch.set_num_threads(arguments.threads)
    export_onnx(arguments.model, arguments.model_folder, arguments.labels, arguments.output_folder)


if __name__ == "__main__":
    start(main, parser(), torch=True)
