"""Score and latency files as they are read: whole, one a seed, or an error that names the file."""

import json
from pathlib import Path
from typing import Any

import pytest

from distilbeto.errors import UserError
from distilbeto.reports.tables.measurements import read_latencies, read_runs, read_scores
from distilbeto.reports.tables.references import read_published

SCORE = {"model": "distilbeto", "task": "ner", "test": "ner_test", "seed": 42, "metrics": {"conlleval.f1": 80.5}}


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_a_row_is_a_number_of_one_seed_with_its_interval_and_its_file(tmp_path: Path) -> None:
    other = SCORE | {"seed": 7, "metrics": {"conlleval.f1": 79.5, "accuracy": 90.0}}
    other |= {"intervals": {"conlleval.f1": [78.0, 82.5]}}
    files = [written(tmp_path / "b.json", SCORE), written(tmp_path / "a.json", other)]
    rows = read_scores(files)[["seed", "metric", "value", "interval_low", "interval_high", "file"]].fillna(0)
    assert rows.values.tolist() == [
        [42, "conlleval.f1", 80.5, 0, 0, str(files[0])],
        [7, "conlleval.f1", 79.5, 78.0, 82.5, str(files[1])],
        [7, "accuracy", 90.0, 0, 0, str(files[1])],
    ]


def test_two_files_of_one_seed_are_an_error_that_names_both(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, SCORE) for name in ("first.json", "second.json")]
    with pytest.raises(UserError, match=r"second\.json: second score of distilbeto/ner/ner_test, seed 42.*first\.json"):
        read_scores(paths)


@pytest.mark.parametrize("value", [{}, [], {"model": "distilbeto"}])
def test_a_file_that_is_no_score_file_is_named(tmp_path: Path, value: Any) -> None:
    with pytest.raises(UserError, match=r"odd\.json: no .*metrics; expected"):
        read_scores([written(tmp_path / "odd.json", value)])


def test_a_file_that_is_no_latency_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"latency\.json: no seconds"):
        read_latencies([written(tmp_path / "latency.json", {"model": "distilbeto", "parameters": 1})])


def test_every_published_value_has_a_citation() -> None:
    entries = read_published("literature")
    assert len({(entry.model, entry.task, entry.test) for entry in entries}) == 3 * 8
    assert all(entry.source for entry in entries)


def test_a_word_among_the_published_values_is_an_error_with_its_line(tmp_path: Path) -> None:
    text = "model,name,task,test,metric,value,superscript,source\nm,M,pos,pos_test,accuracy,high,,X (2020)\n"
    (tmp_path / "literature.csv").write_text(text)
    with pytest.raises(UserError, match=r"literature\.csv, line 2: not a number: 'high'"):
        read_published("literature", tmp_path)


@pytest.mark.parametrize("accumulation", ["gradient_accumulation_steps", "accumulation"])
def test_the_batch_of_a_run_is_the_one_that_fitted_into_memory(tmp_path: Path, accumulation: str) -> None:
    """Also of a run that was recorded under old names."""
    hyperparameters = {"micro_batch": 8, accumulation: 4, "max_length": 512, "learning_rate": 5e-5, "epochs": 4}
    record = {"model": "m", "task": "ner", "seed": 1, "train_seconds": 60.5, "examples": 9}
    record |= {"hyperparameters": {"batch_size": 32} | hyperparameters}
    runs = read_runs([written(tmp_path / "run.json", record)])
    values = dict(zip(runs.metric, runs.value, strict=True))
    assert (values["batch_size"], values["accumulation"], values["train_seconds"]) == (8, 4, 60.5)
