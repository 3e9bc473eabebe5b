"""What follows Table 5.5's own columns: the same models on onnxruntime."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas import DataFrame
from tests.reports.tables.reading import SPANISH, csv_rows, found, made, models, row_of

from distilbeto.errors import UserError
from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.measurements import read_onnx
from distilbeto.reports.tables.renderers import latex_document
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import Document, page_of

MODELS = ("beto_uncased", "distilbeto")


def written(path: Path, record: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
    return path


@pytest.fixture
def exported(tmp_path: Path, measured: DataFrame) -> DataFrame:
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
    return pd.concat([measured, read_onnx(manifests, latencies, scores)])


def test_size_time_and_score_stand_beside_the_original(settings: AssemblySettings, exported: DataFrame) -> None:
    table = found(made(settings, exported), "5.5", "runtimes")
    assert models(table) == ["distilbeto", "beto_uncased"], "in the order of Table 5.5"
    assert row_of(table, "distilbeto") == ["5,25", "264", "82,69", "3,00", "265", "80,50", "1,50", "67", "79,25"]
    assert row_of(table, "beto_uncased") == ["10,46", "264", "", "3,00", "265", "", "1,50", "67", ""]
    latex = latex_document(Document([page_of(table, SPANISH, "")], SPANISH))
    assert r"\thetable}{5.5 (ONNX)}" in latex
    assert "PyTorch (s) & MB & F1 & ONNX (s) & MB & F1 & int8 (s) & MB & F1" in latex
    assert latex.count("---") == 3 and "no medido" in latex


def test_the_csv_tells_the_forms_apart(settings: AssemblySettings, exported: DataFrame) -> None:
    numbers = all_numbers(settings, exported)
    rows = {(row["model"], row["metric"]): row for row in csv_rows(numbers, "5.5") if row["protocol"] == "runtimes"}
    assert rows["distilbeto", "seconds.int8"]["unit"] == "s"
    size = rows["distilbeto", "megabytes.int8"]
    assert (size["value"], size["unit"]) == ("67.4", "MB")
    assert rows["distilbeto", "f1.onnx"]["unit"] == "percent"


def test_a_file_that_is_no_manifest_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "manifest.json", {"model": "distilbeto"})
    with pytest.raises(UserError, match=r"manifest\.json: no bytes"):
        read_onnx([path], [], [])
