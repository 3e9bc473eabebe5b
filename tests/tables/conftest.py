"""The thesis's own published scores and times, in the form that the builder reads."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from distilbeto.tables.build import build_tables
from distilbeto.tables.model import Table
from distilbeto.tables.results import Score, Scores, read_literature
from distilbeto.tables.settings import AssemblySettings, ModelRow, TablesSettings

ROOT = Path(__file__).parents[2]
KINDS = {
    "xnli": "classes",
    "pos": "tags",
    "paws_x": "classes",
    "ner": "spans",
    "mldoc": "classes",
    "mlqa": "qa",
    "tar": "qa",
}
OFFICIAL = {"subtokens.accuracy": "accuracy", "subtokens.f1": "conlleval.f1"}


@pytest.fixture
def printed() -> list[dict[str, str]]:
    """The cells of Tables 5.2-5.5 as the thesis prints them, one number a row."""
    with (Path(__file__).parent / "data" / "thesis.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def settings() -> AssemblySettings:
    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    return AssemblySettings(
        tables=TablesSettings(**config["tables"]),
        models=[
            ModelRow(
                key=key,
                name=model["name"],
                latency_name=model.get("latency_name"),
                measure=model.get("measure", True),
                latency=model.get("latency", True),
            )
            for key, model in config["models"].items()
        ],
        seeds=[42],
        kinds=KINDS,
        answer_metrics={"mlqa_test": "mlqa_es", "xquad": "squad"},
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
            record = records.setdefault(entry["model"], {})
            value = float(entry["value"])
            record |= {"seconds": [value] * 5} if entry["metric"] == "seconds" else {"parameters": int(value)}
    return records


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
