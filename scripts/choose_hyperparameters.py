"""Choose the best point of a grid for one model and task, by its score on the development set.

Example:
    python scripts/choose_hyperparameters.py --model distilbeto --task ner \\
        --settings '{"grid": "lrec2022", "criterion": "lowest_loss"}' \\
        --points results/search/distilbeto/ner/batch-*.json \\
        --hyperparameters results/search/distilbeto/ner/hyperparameters.json --record results/search/distilbeto/ner.json
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--model", required=True, help="name of the model in the configuration")
    arguments.add_argument("--task", required=True, help="name of the task in the configuration")
    arguments.add_argument("--settings", required=True, help="grid and criterion (lowest_loss or metric) as JSON")
    arguments.add_argument("--points", required=True, type=Path, nargs="+", help="one record of a fine-tuning a point")
    arguments.add_argument("--hyperparameters", required=True, type=Path, help="to write: those of the best point")
    arguments.add_argument("--record", required=True, type=Path, help="to write: all points and their scores")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.search.choose import best_of, read_trials
    from distilbeto.search.record import chosen_record, search_record
    from distilbeto.search.settings import ChoiceSettings
    from distilbeto.storage.files import write_json
    from distilbeto.storage.provenance import Stopwatch, provenance

    stopwatch = Stopwatch()
    settings = parse_settings(ChoiceSettings, arguments.settings)
    trials = read_trials(arguments.points, arguments.model, arguments.task)
    best = best_of(trials, settings.criterion)
    record = search_record(arguments.model, arguments.task, settings, trials, best)
    record["provenance"] = provenance(settings.model_dump(), stopwatch)
    write_json(arguments.record, record)
    write_json(arguments.hyperparameters, chosen_record(best))


if __name__ == "__main__":
    start(main, parser())
