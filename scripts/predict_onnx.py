"""Tag a test set with an ONNX model: `word tag tags-of-pieces` lines, as predict.py writes them.

Example:
    python scripts/predict_onnx.py --onnx results/onnx/distilbeto/int8.onnx \\
        --tokenizer results/tokenizers/beto --features results/features/beto/ner_test-ner-512.safetensors \\
        --settings '{"kind": "token_classification", "labels": ["O", "B-LOC", "I-LOC"], "fallback_tag": "O"}' \\
        --examples results/examples/ner_test.jsonl --output results/onnx/distilbeto/predictions-int8.txt
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--onnx", required=True, type=Path, help="the model (.onnx)")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--features", required=True, type=Path, help="features of the test set")
    arguments.add_argument("--examples", required=True, type=Path, help="the test set as JSON Lines")
    arguments.add_argument("--settings", required=True, help="kind, labels, fallback_tag as JSON")
    arguments.add_argument("--output", required=True, type=Path, help="predictions to write (.txt)")
    arguments.add_argument("--threads", type=int, default=1, help="threads of onnxruntime (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.finetuning.settings import PredictionSettings
    from distilbeto.latency.onnx.predict import predict_onnx
    from distilbeto.tokenizer import load_tokenizer

    predict_onnx(
        arguments.onnx,
        load_tokenizer(arguments.tokenizer),
        features=arguments.features,
        examples=arguments.examples,
        settings=parse_settings(PredictionSettings, arguments.settings),
        threads=arguments.threads,
        output=arguments.output,
    )


if __name__ == "__main__":
    start(main, parser(), torch=True)
