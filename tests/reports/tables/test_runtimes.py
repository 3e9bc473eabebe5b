"""What follows Table 5.5's own columns: the same models on onnxruntime."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from distilbeto.reports.tables.latencies import latency_rows
from distilbeto.reports.tables.latex import latex_document
from distilbeto.reports.tables.results import Scores
from distilbeto.reports.tables.runtimes import Runtimes, read_runtimes, runtime_table

from distilbeto.errors import UserError
from distilbeto.reports.tables.csv_files import csv_text
from distilbeto.reports.tables.format import number_text
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import WORDS

Latencies = dict[str, dict[str, Any]]
MODELS = ("beto_uncased", "distilbeto")


def written(path: Path, record: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path


@pytest.fixture
def runtimes(tmp_path: Path) -> Runtimes:
    """DistilBETO and BETO as ONNX; only the former was scored."""
    manifests, latencies, scores = [], [], []
    for model in MODELS:
        folder = tmp_path / model
        sizes = {"original": 264_000_000, "model": 265_000_000, "int8": 67_400_000}
        manifests.append(written(folder / "manifest.json", {"model": model, "bytes": sizes}))
        for form, second in (("model", 3.0), ("int8", 1.5)):
            record = {"model": model, "form": form, "seconds": [second, second]}
            latencies.append(written(folder / f"latency-{form}.json", record))
    for form, score in (("model", 80.5), ("int8", 79.25)):
        record = {"model": "distilbeto", "metrics": {"conlleval.f1": score}}
        scores.append(written(tmp_path / "distilbeto" / f"score-{form}.json", record))
    return read_runtimes(manifests, latencies, scores)


@pytest.fixture
def timed(settings: AssemblySettings) -> AssemblySettings:
    return settings.model_copy(update={"timed_task": "ner", "timed_test": "ner_test"})


def test_size_time_and_score_stand_beside_the_original(
    timed: AssemblySettings, scores: Scores, latencies: Latencies, runtimes: Runtimes
) -> None:
    table = runtime_table(timed, latency_rows(timed, latencies), scores, latencies, runtimes)
    assert [row.model for row in table.rows] == ["distilbeto", "beto_uncased"], "in the order of Table 5.5"
    shown = [
        [number_text(table, cell.numbers[0], ",") if cell.numbers else cell.note for cell in row.cells]
        for row in table.rows
    ]
    none = "not measured"
    assert shown == [
        ["5,25", "264", "82,69", "3,00", "265", "80,50", "1,50", "67", "79,25"],
        ["10,46", "264", none, "3,00", "265", none, "1,50", "67", none],
    ]
    latex = latex_document([table], WORDS["es"], "")
    assert r"\thetable}{5.5 (ONNX)}" in latex
    assert "PyTorch (s) & MB & F1 & ONNX (s) & MB & F1 & int8 (s) & MB & F1" in latex


def test_the_csv_tells_the_forms_apart(
    timed: AssemblySettings, scores: Scores, latencies: Latencies, runtimes: Runtimes
) -> None:
    table = runtime_table(timed, latency_rows(timed, latencies), scores, latencies, runtimes)
    rows = {(row["model"], row["metric"]): row for row in csv.DictReader(csv_text([table]).splitlines())}
    assert rows["distilbeto", "seconds.int8"]["unit"] == "s"
    assert (rows["distilbeto", "megabytes.int8"]["value"], rows["distilbeto", "megabytes.int8"]["unit"]) == (
        "67.4",
        "MB",
    )
    assert rows["distilbeto", "f1.onnx"]["unit"] == "percent"


def test_without_onnx_there_are_no_rows(timed: AssemblySettings, scores: Scores, latencies: Latencies) -> None:
    table = runtime_table(timed, latency_rows(timed, latencies), scores, latencies, read_runtimes([], [], []))
    assert table.rows == ()


def test_a_file_that_is_no_manifest_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "manifest.json", {"model": "distilbeto"})
    with pytest.raises(UserError, match=r"manifest\.json: no bytes"):
        read_runtimes([path], [], [])
