"""The thesis's own published scores and times, as if they had been measured here."""

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from pandas import DataFrame
from tests.reports.tables.reading import made

from distilbeto.job.renames import new_key
from distilbeto.reports.tables.frame import Table, tidy
from distilbeto.reports.tables.measurements import HYPERPARAMETERS
from distilbeto.reports.tables.references import FOLDER
from distilbeto.reports.tables.settings import AssemblySettings, ModelRow, TablesSettings, TaskName

ROOT = Path(__file__).parents[3]
KINDS = {
    "xnli": "sequence_classification",
    "pos": "token_classification",
    "paws_x": "sequence_classification",
    "ner": "token_classification",
    "mldoc": "sequence_classification",
    "mlqa": "question_answering",
    "tar": "question_answering",
}
ANNEX = ("xnli", "mldoc", "paws_x", "pos", "ner", "mlqa", "tar")
OFFICIAL = {"subtokens.accuracy": "accuracy", "subtokens.f1": "conlleval.f1"}

Printed = list[dict[str, str]]


@pytest.fixture
def printed() -> Printed:
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
        span_tasks=["ner"],
        answer_metrics={"mlqa_test": "mlqa_es", "xquad": "squad"},
        timed_task="ner",
        timed_test="ner_test",
        annex=[TaskName(task=task, name=config["tasks"][task]["name"]) for task in ANNEX],
        missing={},
    )


@pytest.fixture
def scores(printed: Printed) -> DataFrame:
    """Each printed score under the metric of either protocol."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for entry in printed:
        if entry["table"] in ("5.2", "5.3"):
            place = {name: entry[name] for name in ("model", "task", "test")} | {"seed": 42, "file": "score.json"}
            official = OFFICIAL.get(entry["metric"], entry["metric"].replace("squad", "mlqa_es"))
            for metric in (entry["metric"], official):
                key = (entry["model"], entry["task"], entry["test"], metric)
                rows[key] = place | {"metric": metric, "value": float(entry["value"])}
    return tidy(rows.values())


@pytest.fixture
def latencies(printed: Printed) -> DataFrame:
    rows = []
    for entry in printed:
        if entry["table"] == "5.5":
            model, number = entry["model"], float(entry["value"])
            if entry["metric"] == "seconds":
                rows += [{"model": model, "metric": "seconds", "run": run, "value": number} for run in range(1, 6)]
                others = {"seconds.median": number, "seconds.load": 0.5, "mebibytes": 100.25}
            else:
                others = {"parameters": number}
            rows += [{"model": model, "metric": metric, "value": other} for metric, other in others.items()]
    return tidy(rows)


@pytest.fixture
def runs(printed: Printed) -> DataFrame:
    """Runs as long as Table 5.1 says, with the hyperparameters of Annex A; without what either leaves blank."""
    return tidy(
        {"model": entry["model"], "task": entry["task"], "metric": entry["metric"], "value": float(entry["value"])}
        | {"seed": 42}
        for entry in printed
        if entry["value"] and entry["task"] and (entry["table"] == "5.1" or entry["table"][:2] == "A.")
    )


@pytest.fixture
def full(runs: DataFrame, configured: dict[str, Any]) -> DataFrame:
    """All 56 runs: what the thesis leaves blank took a minute, with the hyperparameters of the configuration."""
    seconds = {(row.model, row.task): row.value for row in runs[runs.metric == "train_seconds"].itertuples()}
    rows = [
        {"model": row["model"], "task": row["task"], "seed": 42, "metric": metric, "value": value}
        for row in configured["finetuning"]["rows"]
        if row["model"] != "default"
        for metric, value in [
            *((name, row[new_key("", name) or name]) for name in HYPERPARAMETERS),
            ("train_seconds", seconds.get((row["model"], row["task"]), 60)),
        ]
    ]
    return pd.concat([runs[runs.metric == "examples"], tidy(rows)])


@pytest.fixture
def measured(scores: DataFrame, latencies: DataFrame, full: DataFrame) -> DataFrame:
    return pd.concat([scores, latencies, full], ignore_index=True)


@pytest.fixture
def tables(settings: AssemblySettings, measured: DataFrame) -> list[Table]:
    return made(settings, measured)


@pytest.fixture
def with_intervals(measured: DataFrame) -> DataFrame:
    """The same scores, each with an interval from one point below to two above."""
    scores = measured.value.where(measured.test != "")
    return measured.assign(interval_low=scores - 1, interval_high=scores + 2)
