"""What was measured, from its files: one frame for all of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pandas import DataFrame

from distilbeto.errors import UserError
from distilbeto.job.renames import renamed
from distilbeto.reports.tables.frame import tidy
from distilbeto.storage.files import read_record

HYPERPARAMETERS = {
    "batch_size": "bs",
    "accumulation": "ag",
    "max_length": "msl",
    "learning_rate": "lr",
    "epochs": "e",
}
WEIGHT_DECAY = {"weight_decay": "wd"}  # only where rows or points have one of their own
FORMS = {"original": "pytorch", "model": "onnx", "int8": "int8"}  # names of files, and of metrics
WORD_F1 = "conlleval.f1"
COLLAPSED = "collapsed"  # of runs that did; earlier records do not say
MEGABYTE = 1e6


def read_scores(paths: Sequence[Path]) -> DataFrame:
    """Every metric of every score file.

    Raises:
        UserError: a file is no score file, or two files hold the score of the same seed.
    """
    first: dict[tuple[Any, ...], Path] = {}
    rows: list[dict[str, Any]] = []
    for path in paths:
        record = read_record(path, ("model", "task", "test", "seed", "metrics"))
        place = {name: record[name] for name in ("model", "task", "test", "seed")}
        before = first.setdefault(tuple(place.values()), path)
        if before is not path:
            score = "{model}/{task}/{test}, seed {seed}".format(**place)
            raise UserError(f"second score of {score}; the first is {before}", where=path)
        for metric, value in record["metrics"].items():
            low, high = record.get("intervals", {}).get(metric, (None, None))
            bounds = {"interval_low": low, "interval_high": high}
            rows.append(place | bounds | {"metric": metric, "value": value, "file": str(path)})
    return tidy(rows)


def read_runs(paths: Sequence[Path]) -> DataFrame:
    """Seconds, examples and hyperparameters of fine-tunings, each by its model, task and seed.

    The batch is the micro-batch: where memory was short it is not the configuration's, but this times `ag`.

    Raises:
        UserError: a file is no such record.
    """
    keys = ("model", "task", "seed", "hyperparameters", "train_seconds", "examples")
    rows = []
    for path in paths:
        record = renamed(read_record(path, keys))
        settings = record["hyperparameters"]
        settings |= {"batch_size": settings["micro_batch"], "accumulation": settings["gradient_accumulation_steps"]}
        values = {name: record[name] for name in ("train_seconds", "examples")}
        values |= {name: settings[name] for name in HYPERPARAMETERS}
        values |= {name: settings[name] for name in WEIGHT_DECAY if name in settings}
        values |= {COLLAPSED: 1.0} if record.get("collapsed") else {}
        place = {name: record[name] for name in ("model", "task", "seed")} | {"file": str(path)}
        rows += [place | {"metric": metric, "value": value} for metric, value in values.items()]
    return tidy(rows)


def read_latencies(paths: Sequence[Path]) -> DataFrame:
    """Parameters, the seconds of each run, their median, of loading, and the memory of each timed model.

    Raises:
        UserError: a file is no latency file.
    """
    return tidy(row for path in paths for row in _latency(path))


def _latency(path: Path) -> Iterator[dict[str, Any]]:
    record = read_record(path, ("model", "parameters", "seconds", "load_seconds", "memory_mib"))
    values = {
        "parameters": record["parameters"],
        "seconds.median": median(record["seconds"]),
        "seconds.load": record["load_seconds"],
        "mebibytes": record["memory_mib"],
    }
    place = {"model": record["model"], "file": str(path)}
    for metric, value in values.items():
        yield place | {"metric": metric, "value": value}
    for run, seconds in enumerate(record["seconds"], start=1):
        yield place | {"metric": "seconds", "run": run, "value": seconds}


def read_onnx(manifests: Sequence[Path], latencies: Sequence[Path], scores: Sequence[Path]) -> DataFrame:
    """Megabytes of each form of a model; seconds of each run and F1 over words of the ONNX forms.

    The form of a score stands in the name of its file: score-int8.json.

    Raises:
        UserError: a file is not what it should be.
    """
    rows: list[dict[str, Any]] = []
    for path in manifests:
        record = read_record(path, ("model", "bytes"))
        for form, size in record["bytes"].items():
            metric = f"megabytes.{FORMS[form]}"
            rows.append({"model": record["model"], "metric": metric, "value": size / MEGABYTE, "file": str(path)})
    for path in latencies:
        record = read_record(path, ("model", "form", "seconds"))
        place = {"model": record["model"], "metric": f"seconds.{FORMS[record['form']]}", "file": str(path)}
        rows += [place | {"run": run, "value": value} for run, value in enumerate(record["seconds"], start=1)]
    for path in scores:
        record = read_record(path, ("model", "metrics"))
        metric = f"f1.{FORMS[path.stem.rpartition('-')[2]]}"
        if WORD_F1 in record["metrics"]:
            value = record["metrics"][WORD_F1]
            rows.append({"model": record["model"], "metric": metric, "value": value, "file": str(path)})
    return tidy(rows)
