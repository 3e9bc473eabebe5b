"""The thesis's own published scores and times, in the form that the builder reads."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml
from distilbeto.reports.tables.build import build_tables
from distilbeto.reports.tables.results import Score, Scores, read_literature
from distilbeto.reports.tables.table import Table

from distilbeto.reports.tables.references import FOLDER
from distilbeto.reports.tables.settings import AssemblySettings, ModelRow, TablesSettings, TaskName
from distilbeto.reports.tables.trainings import Runs

ROOT = Path(__file__).parents[3]
KINDS = {
    "xnli": "classes",
    "pos": "tags",
    "paws_x": "classes",
    "ner": "spans",
    "mldoc": "classes",
    "mlqa": "qa",
    "tar": "qa",
}
ANNEX = ("xnli", "mldoc", "paws_x", "pos", "ner", "mlqa", "tar")
OFFICIAL = {"subtokens.accuracy": "accuracy", "subtokens.f1": "conlleval.f1"}


@pytest.fixture
def printed() -> list[dict[str, str]]:
    """The cells of Tables 5.1-5.5 and of the annex as the thesis prints them, one number a row."""
    with (FOLDER / "thesis.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def configured() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")))


@pytest.fixture
def settings(configured: dict[str, Any]) -> AssemblySettings:
    config = configured
    return AssemblySettings(
        tables=TablesSettings(**config["tables"]),
        models=[
            ModelRow(
                key=key,
                name=model["name"],
                latency_name=model.get("latency_name"),
                measure=model.get("measure", True),
                latency=model.get("latency", True),
                teacher=config["students"].get(model.get("student"), {}).get("teacher"),
            )
            for key, model in config["models"].items()
        ],
        seeds=[42],
        kinds=KINDS,
        answer_metrics={"mlqa_test": "mlqa_es", "xquad": "squad"},
        annex=[TaskName(task=task, name=config["tasks"][task]["name"]) for task in ANNEX],
        missing={},
    )


@pytest.fixture
def scores(printed: list[dict[str, str]]) -> Scores:
    by_place: dict[tuple[str, str, str], dict[int, Score]] = {}
    for entry in printed:
        if entry["table"] in ("5.2", "5.3"):
            place = (entry["model"], entry["task"], entry["test"])
            metrics = by_place.setdefault(place, {42: Score({}, Path("score.json"))})[42].metrics
            value = float(entry["value"])
            metrics[entry["metric"]] = value
            metrics[OFFICIAL.get(entry["metric"], entry["metric"].replace("squad", "mlqa_es"))] = value
    return Scores(by_place)


@pytest.fixture
def latencies(printed: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    records: dict[str, dict[str, Any]] = {}
    for entry in printed:
        if entry["table"] == "5.5":
            record = records.setdefault(entry["model"], {"load_seconds": 0.5, "memory_mib": 100.25})
            value = float(entry["value"])
            record |= {"seconds": [value] * 5} if entry["metric"] == "seconds" else {"parameters": int(value)}
    return records


@pytest.fixture
def runs(printed: list[dict[str, str]]) -> Runs:
    """Runs as long as Table 5.1 says, with the hyperparameters of Annex A; without what either leaves blank."""
    counts = {entry["task"]: int(entry["value"]) for entry in printed if entry["metric"] == "examples"}
    records: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in printed:
        if entry["value"] and (entry["metric"] == "train_seconds" or entry["table"][:2] == "A."):
            value = float(entry["value"])
            values = records.setdefault((entry["model"], entry["task"]), {})
            values[entry["metric"]] = value if entry["metric"] == "learning_rate" else int(value)
    return {
        place: {
            42: {
                "examples": counts[place[1]],
                "train_seconds": values.get("train_seconds"),
                "hyperparameters": values | {"micro_batch": values.get("batch_size")},
            }
        }
        for place, values in records.items()
        if place[1]
    }


@pytest.fixture
def full(runs: Runs, configured: dict[str, Any]) -> dict[tuple[str, str], dict[int, dict[str, Any]]]:
    """All 56 runs: what the thesis leaves blank took a minute, with the hyperparameters of the configuration."""
    counts = {task: seeds[42]["examples"] for (_, task), seeds in runs.items()}
    return {
        (row["model"], row["task"]): {
            42: {
                "examples": counts[row["task"]],
                "train_seconds": runs.get((row["model"], row["task"]), {}).get(42, {}).get("train_seconds") or 60,
                "hyperparameters": row | {"micro_batch": row["batch_size"]},
            }
        }
        for row in configured["finetuning"]["rows"]
        if row["model"] != "default"
    }


@pytest.fixture
def tables(settings: AssemblySettings, scores: Scores, latencies: dict[str, dict[str, Any]]) -> list[Table]:
    return build_tables(settings, scores, latencies, read_literature())


@pytest.fixture
def with_intervals(scores: Scores) -> Scores:
    """The same scores, each with an interval from one point below to two above."""
    return Scores(
        {
            place: {
                seed: score._replace(intervals={name: (value - 1, value + 2) for name, value in score.metrics.items()})
                for seed, score in seeds.items()
            }
            for place, seeds in scores.by_place.items()
        }
    )
