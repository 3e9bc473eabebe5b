"""Score a prediction file; with --output as a record of the workflow, else as JSON on the standard output.

Gold is an examples file of the workflow (.jsonl) or the original file of the task: XNLI and PAWS-X .tsv, CoNLL-2002,
CoNLL-U, MLDoc, SQuAD JSON; for sequence_classification also one label a line (.txt), for regression one number a line
(.txt), for multi_label_classification one JSON list of labels a line (.jsonl). Predictions are one label or number a
line, or one JSON list of labels, [] for none; `word tag`, `word tag subtoken_tags` or conlleval's `word gold predicted`
lines with a blank line after each sentence; or JSON {question id: answer}. With --unanswerable (SQuAD v2) an empty
answer says that there is none, and {question id: {"answer": text, "span": text, "no_answer_score": number}} has the
best scores and thresholds too.

Scores are in percent: every metric under both protocols, the 95 % bootstrap intervals of the main ones, and what a
majority guess scores (of numbers: a constant one, 0). Printed, the metrics are keys of the object itself (squad.f1,
conlleval.f1, accuracy ...), beside `examples`, `intervals` and `baseline`; in a record they are under `metrics`.

Examples:
    python scripts/score.py --task ner --gold esp.testb --predictions predictions.txt
    python scripts/score.py --task token_classification --spans --gold test.jsonl --predictions predictions.txt
    python scripts/score.py --task xquad --gold xquad.es.json --predictions answers.json
"""

import argparse
import json
from pathlib import Path
from typing import Any

from distilbeto.glues.kinds import TaskKind
from distilbeto.job.cli import argument_parser, start

TASKS = ("xnli", "paws_x", "mldoc", "pos", "ner", "mlqa", "tar", "xquad", *TaskKind)
RECORD = {"model": str, "task": str, "test": str, "seed": int}


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--task", choices=TASKS, required=True, help="a data set of GLUES, or a kind of task")
    arguments.add_argument("--spans", action="store_true", help="of token_classification: the tags mark spans (IOB2)")
    arguments.add_argument(
        "--unanswerable", action="store_true", help="of questions: some have no answer, scored as SQuAD v2 is"
    )
    arguments.add_argument("--positive-label", help="of classes: the label whose F1 is scored as f1")
    arguments.add_argument("--gold", type=Path, required=True, help="examples (.jsonl) or the original file")
    arguments.add_argument("--predictions", type=Path, required=True)
    arguments.add_argument(
        "--encoding", choices=["utf-8", "latin-1"], default="utf-8", help="of the gold file (default: %(default)s)"
    )
    arguments.add_argument("--output", type=Path, help="JSON file to write; nothing is printed then")
    arguments.add_argument("--record", help='with --output: \'{"model": ..., "task": ..., "test": ..., "seed": ...}\'')
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.glues.metrics.scores import score_file
    from distilbeto.storage.files import sha256_of, write_json
    from distilbeto.storage.provenance import Stopwatch, provenance

    stopwatch = Stopwatch()
    record = parse_record(arguments.record, needed=arguments.output is not None)
    scores = score_file(
        arguments.task,
        arguments.gold,
        arguments.predictions,
        arguments.encoding,
        spans=arguments.spans,
        unanswerable=arguments.unanswerable,
        positive_label=arguments.positive_label,
    )
    if arguments.output is None:
        others = scores._asdict()
        print(json.dumps(others.pop("metrics") | others, indent=2))
        return
    settings = {
        "task": arguments.task,
        "spans": arguments.spans,
        "unanswerable": arguments.unanswerable,
        "positive_label": arguments.positive_label,
        "gold_sha256": sha256_of(arguments.gold),
        "predictions_sha256": sha256_of(arguments.predictions),
    }
    write_json(arguments.output, {**record, **scores._asdict(), "provenance": provenance(settings, stopwatch)})


def parse_record(text: str | None, *, needed: bool) -> dict[str, Any]:
    """The object of --record, which goes with --output.

    Raises:
        UserError: it is missing, not wanted, or has not exactly the keys and types of RECORD.
    """
    from distilbeto.errors import UserError

    if (text is not None) != needed:
        raise UserError("--output and --record go together")
    try:
        record: dict[str, Any] = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise UserError(f"--record is not valid JSON: {error.msg} at character {error.pos}") from None
    if needed and (not isinstance(record, dict) or {name: type(value) for name, value in record.items()} != RECORD):
        raise UserError('--record must be like {"model": "tiny", "task": "ner", "test": "ner_test", "seed": 42}')
    return record


if __name__ == "__main__":
    start(main, parser())
