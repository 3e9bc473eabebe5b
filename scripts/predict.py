"""Predict a test set with a fine-tuned model.

Writes one label a line (sequence classification), one number a line (regression), one JSON list of labels a line
(multi-label classification), `word tag tags-of-pieces` lines (token classification), or JSON {id: answer} (question
answering).

Example:
    python scripts/predict.py --finetuned results/finetuned/distilbeto/ner/seed-42 \\
        --tokenizer results/tokenizers/beto --features results/features/beto/ner_test-ner-510.safetensors \\
        --settings '{"kind": "token_classification", "labels": ["O", "B-LOC", "I-LOC"], "fallback_tag": "O"}' \\
        --examples results/examples/ner_test.jsonl --output results/predictions/distilbeto/ner/seed-42/ner_test.txt
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--finetuned", required=True, type=Path, help="folder of the fine-tuned model")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--features", required=True, type=Path, help="features of the test set")
    arguments.add_argument("--examples", required=True, type=Path, help="the test set as JSON Lines")
    arguments.add_argument("--settings", required=True, help="kind, labels, fallback_tag, question_answering as JSON")
    arguments.add_argument("--output", required=True, type=Path, help="predictions to write (.txt, .json or .jsonl)")
    arguments.add_argument("--threads", type=int, default=1, help="threads of torch (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    import torch

    from distilbeto.finetuning.predict import predict
    from distilbeto.finetuning.settings import PredictionSettings
    from distilbeto.tokenizer import load_tokenizer

    torch.set_num_threads(arguments.threads)
    predict(
        arguments.finetuned,
        load_tokenizer(arguments.tokenizer),
        features=arguments.features,
        examples=arguments.examples,
        settings=parse_settings(PredictionSettings, arguments.settings),
        output=arguments.output,
    )


if __name__ == "__main__":
    start(main, parser(), torch=True)
