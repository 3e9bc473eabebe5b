"""Time a model on the CPU: forward passes over the first sentences of a data set, one sentence at a time.

The number of threads is one of the settings, since the result depends on it.

Example:
    python scripts/time_inference.py --model distilbeto --model-folder results/models/distilbeto \\
        --tokenizer results/tokenizers/beto --examples results/examples/ner_test.jsonl \\
        --settings '{"dataset": "ner_test", "sentences": 100, "runs": 5, "max_length": 128, "threads": 2}' \\
        --output results/latency/distilbeto.json

With --onnx results/onnx/distilbeto/int8.onnx in place of --model-folder, the exported model on onnxruntime.
"""

import argparse
import sys
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    timed = arguments.add_mutually_exclusive_group(required=True)
    timed.add_argument("--model-folder", type=Path, help="folder of the pre-trained model")
    timed.add_argument("--onnx", type=Path, help="the exported model (.onnx)")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--examples", required=True, type=Path, help="sentences with tags (JSON Lines)")
    arguments.add_argument("--settings", required=True, help="the block `latency` of config.yaml as JSON")
    arguments.add_argument("--output", required=True, type=Path, help="record to write (JSON)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.latency.settings import TimingSettings
    from distilbeto.latency.time_inference import time_inference
    from distilbeto.tokenizer import load_tokenizer

    time_inference(
        arguments.model,
        arguments.onnx or arguments.model_folder,
        tokenizer=load_tokenizer(arguments.tokenizer),
        examples=arguments.examples,
        settings=parse_settings(TimingSettings, arguments.settings),
        output=arguments.output,
    )


if __name__ == "__main__":
    start(main, parser(), torch="--onnx" not in sys.argv)  # onnxruntime needs no torch in its memory
