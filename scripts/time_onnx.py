"""Time an ONNX model on the CPU, as time_inference.py times the original.

Example:
    python scripts/time_onnx.py --model distilbeto --onnx results/onnx/distilbeto/int8.onnx \\
        --tokenizer results/tokenizers/beto --examples results/examples/ner_test.jsonl \\
        --settings '{"dataset": "ner_test", "sentences": 100, "runs": 5, "max_length": 128, "threads": 2}' \\
        --output results/onnx/distilbeto/latency-int8.json
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--onnx", required=True, type=Path, help="the model (.onnx)")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--examples", required=True, type=Path, help="a tagging data set as JSON Lines")
    arguments.add_argument("--settings", required=True, help="the block `latency` of config.yaml as JSON")
    arguments.add_argument("--output", required=True, type=Path, help="record to write (JSON)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.latency.onnx.time_onnx import time_onnx
    from distilbeto.latency.settings import TimingSettings
    from distilbeto.tokenizer import load_tokenizer

    time_onnx(
        arguments.model,
        arguments.onnx,
        tokenizer=load_tokenizer(arguments.tokenizer),
        examples=arguments.examples,
        settings=parse_settings(TimingSettings, arguments.settings),
        output=arguments.output,
    )


if __name__ == "__main__":
    start(main, parser())
