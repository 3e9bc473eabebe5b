"""Score and latency files as they are read: whole, one a seed, or an error that names the file."""

import json
from pathlib import Path
from typing import Any

import pytest
from distilbeto.reports.tables.results import read_latencies, read_literature, read_scores

from distilbeto.errors import UserError

SCORE = {"model": "distilbeto", "task": "ner", "test": "ner_test", "seed": 42, "metrics": {"conlleval.f1": 80.5}}
PLACE = ("distilbeto", "ner", "ner_test")


def written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


def test_seeds_are_told_apart_whatever_the_order_of_the_files(tmp_path: Path) -> None:
    other = SCORE | {"seed": 7, "metrics": {"conlleval.f1": 79.5}}
    scores = read_scores([written(tmp_path / "b.json", SCORE), written(tmp_path / "a.json", other)])
    assert scores.number(PLACE, "conlleval.f1", [7, 42]).values == (79.5, 80.5)


def test_an_interval_belongs_to_a_single_seed(tmp_path: Path) -> None:
    files = [
        written(tmp_path / f"{seed}.json", SCORE | {"seed": seed, "intervals": {"conlleval.f1": [78.0, 82.5]}})
        for seed in (7, 42)
    ]
    scores = read_scores(files)
    assert scores.number(PLACE, "conlleval.f1", [7]).interval == (78.0, 82.5)
    assert scores.number(PLACE, "conlleval.f1", [7, 42]).interval is None


def test_two_files_of_one_seed_are_an_error_that_names_both(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, SCORE) for name in ("first.json", "second.json")]
    with pytest.raises(UserError, match=r"second\.json: second score of distilbeto/ner/ner_test, seed 42.*first\.json"):
        read_scores(paths)


@pytest.mark.parametrize("value", [{}, [], {"model": "distilbeto"}])
def test_a_file_that_is_no_score_file_is_named(tmp_path: Path, value: Any) -> None:
    with pytest.raises(UserError, match=r"odd\.json: no .*metrics; expected"):
        read_scores([written(tmp_path / "odd.json", value)])


def test_an_absent_metric_names_the_file_and_what_it_holds(tmp_path: Path) -> None:
    scores = read_scores([written(tmp_path / "score.json", SCORE)])
    with pytest.raises(UserError, match=r"score\.json: no metric 'subtokens\.f1'; found: conlleval\.f1"):
        scores.number(PLACE, "subtokens.f1", [42])


def test_a_file_that_is_no_latency_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"latency\.json: no seconds"):
        read_latencies([written(tmp_path / "latency.json", {"model": "distilbeto", "parameters": 1})])


def test_every_published_value_has_a_citation() -> None:
    cells = [cell for row in read_literature() for cell in row.cells]
    assert len(cells) == 3 * 8
    assert all(cell.citation for cell in cells)


def test_a_word_among_the_published_values_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "literature.csv"
    path.write_text("model,name,task,test,metric,value,superscript,source\nm,M,pos,pos_test,accuracy,high,,X (2020)\n")
    with pytest.raises(UserError, match=r"literature\.csv, line 2: not a number: 'high'"):
        read_literature(path)
