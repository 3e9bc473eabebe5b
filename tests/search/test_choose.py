"""The best point is that of the best development score; what is written of it says nothing of when it was found."""

import csv
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.search.choose import Trial, best_of, read_trials
from distilbeto.search.points import Point
from distilbeto.search.record import search_csv

ROOT = Path(__file__).parents[2]


def trial(batch_size: int = 32, learning_rate: float = 3e-5, epochs: int = 3, **scores: float) -> Trial:
    values = {"loss": 0.5, "score": 80.0} | scores
    return Trial(Point(batch_size, learning_rate, epochs), 42, 512, 2, values["loss"], "accuracy", values["score"])


def record(batch_size: int, loss: float | None, score: float | None, **changes: Any) -> dict[str, Any]:
    return {
        "model": "distilbeto",
        "task": "tar",
        "seed": 42,
        "hyperparameters": {
            "batch_size": batch_size,
            "gradient_accumulation_steps": 4,
            "micro_batch": batch_size // 4,
            "effective_batch": batch_size,
            "max_length": 384,
            "learning_rate": 3e-05,
            "epochs": 3,
            "precision": "bf16",
        },
        "development": {"loss": loss, "metric": "squad.f1", "score": score},
        "kept_epoch": 2,
    } | changes


def written(folder: Path, *records: dict[str, Any]) -> list[Path]:
    paths = [folder / f"point-{number}.json" for number in range(len(records))]
    for path, content in zip(paths, records, strict=True):
        path.write_text(json.dumps(content))
    return paths


def test_each_criterion_reads_its_own_score() -> None:
    low_loss, high_score = trial(16, loss=0.1, score=70), trial(32, loss=0.9, score=90)
    assert best_of([high_score, low_loss], "lowest_loss") is low_loss
    assert best_of([low_loss, high_score], "metric") is high_score


@pytest.mark.parametrize(
    "cheaper_first",
    [
        [trial(epochs=2), trial(epochs=3)],
        [trial(batch_size=64), trial(batch_size=16)],
        [trial(learning_rate=1e-5), trial(learning_rate=5e-5)],
        [trial(epochs=2, batch_size=16, learning_rate=5e-5), trial(epochs=3, batch_size=64, learning_rate=1e-5)],
        [trial(batch_size=64, learning_rate=5e-5), trial(batch_size=16, learning_rate=1e-5)],
    ],
)
@pytest.mark.parametrize("criterion", ["lowest_loss", "metric"])
def test_of_equals_the_cheaper_is_chosen_whatever_the_order(cheaper_first: list[Trial], criterion: Any) -> None:
    assert best_of(cheaper_first, criterion) is cheaper_first[0]
    assert best_of(cheaper_first[::-1], criterion) is cheaper_first[0]


@given(st.lists(st.integers(min_value=0, max_value=3), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order(losses: list[int], random: Any) -> None:
    trials = [trial(epochs=number + 1, loss=loss) for number, loss in enumerate(losses)]
    best = best_of(trials, "lowest_loss")
    assert best.loss == min(losses)
    random.shuffle(trials)
    assert best_of(trials, "lowest_loss") == best


def test_points_that_diverged_are_never_chosen(tmp_path: Path) -> None:
    paths = written(tmp_path, record(16, None, None), record(32, math.nan, math.nan), record(64, 7.5, 1.0))
    trials = read_trials(paths, "distilbeto", "tar")
    for criterion in ("lowest_loss", "metric"):
        assert best_of(trials, criterion).point.batch_size == 64
        with pytest.raises(UserError, match="all of them diverged"):
            best_of(trials[:2], criterion)


def test_the_effective_batch_is_chosen_however_it_was_split(tmp_path: Path) -> None:
    (only,) = read_trials(written(tmp_path, record(16, 0.5, 60)), "distilbeto", "tar")
    assert only.hyperparameters.model_dump(include={"batch_size", "gradient_accumulation_steps", "max_length"}) == {
        "batch_size": 16,
        "gradient_accumulation_steps": 1,
        "max_length": 384,
    }


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([record(16, 0.5, 60, task="ner")], r"point-0\.json: the record of distilbeto/ner, expected distilbeto/tar"),
        ([record(16, 0.5, 60), record(16, 0.4, 61)], r"point-1\.json: a second record of batch-16_lr-3e-05_epochs-3"),
        ([{"model": "distilbeto", "task": "tar"}], r"point-0\.json: no seed, hyperparameters, development, kept_epoch"),
        ([[]], r"point-0\.json: no model"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path: Path, records: list[Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_trials(written(tmp_path, *records), "distilbeto", "tar")


def choose(folder: Path, paths: list[Path], criterion: str = "metric") -> subprocess.CompletedProcess[str]:
    settings = json.dumps({"grid": "lrec2022", "criterion": criterion})
    command = [
        *(sys.executable, ROOT / "scripts" / "choose_hyperparameters.py"),
        *("--model", "distilbeto", "--task", "tar", "--settings", settings, "--points", *paths),
        *("--hyperparameters", folder / "hyperparameters.json", "--record", folder / "record.json"),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    return subprocess.run(map(str, command), capture_output=True, text=True, env=environment, check=False)


def test_from_points_to_a_choice_and_a_table(tmp_path: Path) -> None:
    """The file that fine-tunings read changes with the choice alone, not with a point that loses."""
    first = written(tmp_path, record(16, 0.5, 60), record(32, 0.6, 66))
    done = choose(tmp_path, first)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    chosen = (tmp_path / "hyperparameters.json").read_bytes()
    assert json.loads(chosen)["hyperparameters"]["batch_size"] == 32
    assert (
        choose(tmp_path, written(tmp_path, record(16, 0.5, 60), record(32, 0.6, 66), record(64, 0.7, 65))).returncode
        == 0
    )
    assert (tmp_path / "hyperparameters.json").read_bytes() == chosen
    assert "weight_decay" not in json.loads(chosen)["hyperparameters"], "as it was written before points had one"

    whole = json.loads((tmp_path / "record.json").read_text())
    assert whole["chosen"] == whole["points"][0]["point"] == "batch-32_lr-3e-05_epochs-3"
    assert whole["provenance"]["settings"] == {"grid": "lrec2022", "criterion": "metric"}
    rows = list(csv.DictReader(search_csv([tmp_path / "record.json"]).splitlines()))
    assert [(row["batch_size"], row["dev_score"], row["chosen"]) for row in rows] == [
        ("32", "66", "1"),
        ("16", "60", "0"),
        ("64", "65", "0"),
    ]
    assert {row["dev_metric"] for row in rows} == {"squad.f1"}


def test_the_weight_decay_of_the_winner_is_chosen_and_tabulated(tmp_path: Path) -> None:
    points = [record(16, 0.5, 60), record(16, 0.4, 66)]
    for point, decay in zip(points, (0.1, 0.01), strict=True):
        point["hyperparameters"]["weight_decay"] = decay
    done = choose(tmp_path, written(tmp_path, *points))
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "hyperparameters.json").read_text())["hyperparameters"]["weight_decay"] == 0.01
    rows = list(csv.DictReader(search_csv([tmp_path / "record.json"]).splitlines()))
    assert [(row["weight_decay"], row["chosen"]) for row in rows] == [("0.01", "1"), ("0.1", "0")]


def test_a_failed_choice_writes_nothing(tmp_path: Path) -> None:
    done = choose(tmp_path, written(tmp_path, record(16, None, None)))
    assert done.returncode == 1
    assert done.stderr.startswith("error: no point of the grid has a development score")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["point-0.json"]
