"""Results that outlive what made them: an upgrade, a copy without records, a decision to keep, a run that fails."""

import gzip
import json
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from tests.conftest import copy_checkout, make_in, snakemake_in
from tests.end_to_end.runs import DEMO, OVERLAY, RESULTS, planned, said

# What Snakemake kept on record of the miniature as commit 370ba61 made it: params, inputs and commands of each job.
RECORDS_OF_370BA61 = Path(__file__).parent / "records-370ba61.json.gz"
TABLES = {"assemble_tables": 1, "all": 1}
OF_NER = {"finetune": 10, "predict": 10, "score": 10} | {
    "export_onnx": 1,
    "time_onnx": 2,
    "predict_onnx": 2,
    "score_onnx": 2,
}
ROW = "{{task: ner, model: default, batch_size: 16, max_length: 96, learning_rate: {}, epochs: 5}}"
RATE = (OVERLAY, ROW.format("2.0e-3"), ROW.format("3.0e-3"))
LOSS = ("workflow/distilbeto/distillation/objective.py", "temperature**2", "temperature**3")


@pytest.fixture
def copy(miniature: Path, tmp_path: Path) -> Path:
    """A fresh clone into which the results were copied."""
    clone = copy_checkout(tmp_path)
    shutil.copytree(miniature / "results", clone / "results", symlinks=True)
    return clone


def edit(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")


def to_370ba61(folder: Path) -> None:
    """Put the records of that commit in the place of today's: the results themselves are the same."""
    shutil.rmtree(folder / RESULTS / "records")
    metadata = folder / ".snakemake/metadata"
    metadata.mkdir(parents=True)
    for job in json.loads(gzip.decompress(RECORDS_OF_370BA61.read_bytes())):
        kept = {name: job[name] for name in ("rule", "params", "code", "input")} | {"record_format_version": 6}
        for output in job["outputs"]:
            (metadata / urlsafe_b64encode(output.encode()).decode()).write_text(json.dumps(kept))


def test_after_an_upgrade_one_decision_keeps_all_but_the_tables(copy: Path) -> None:
    to_370ba61(copy)
    text = said(make_in(copy, "explain"))
    for stage in ("fetch 25", "encode 44", "distil_segment 5", "finetune 56", "predict 64", "score 64"):
        assert f"\n  {stage}: its code changed since" in text, text
    assert "changed from" not in text.replace("assemble_tables", ""), "no setting has changed, though many a name"
    assert "or all of them: all" in text
    said(make_in(copy, "accept", "STAGE=all", "REASON=the demo's results are the same"))
    assert planned(copy) == TABLES | {"tabulate_data_sets": 1}, "that of today has more data sets"
    said(snakemake_in(copy, *DEMO))
    assert planned(copy) == {}
    for name in ("tables.tex", "tables.txt", "tables.html"):
        tables = (copy / RESULTS / name).read_text(encoding="utf-8")
        assert "accepted.json" in tables
        assert "distil" in tables
    edit(copy, *LOSS)
    assert planned(copy)["distil_segment"] == 5, "what was accepted is not what the code is now"


@pytest.mark.parametrize("records", [True, False])
def test_a_copy_keeps_what_does_not_differ_and_makes_again_what_does(
    miniature: Path, copy: Path, records: bool
) -> None:
    """Without .snakemake; and without the records beside the results, as versions before had none there."""
    if not records:
        shutil.rmtree(copy / RESULTS / "records")
    assert planned(copy) == {}
    edit(copy, *RATE)
    assert planned(copy) == OF_NER | TABLES
    text = said(make_in(copy, "explain"))
    assert "finetune 10 (task ner): hyperparameters.learning_rate changed from 0.002 to 0.003" in text
    assert ("Kept without a record" in text) is not records
    shutil.copy(miniature / OVERLAY, copy / OVERLAY)
    edit(copy, *LOSS)
    assert planned(copy).get("distil_segment") == (5 if records else None)


def test_accepting_the_scores_keeps_the_scores_alone(copy: Path) -> None:
    edit(copy, "workflow/distilbeto/glues/metrics/scores.py", "import logging", "import os\nimport logging")
    assert "score 110: glues/metrics/scores.py changed since" in said(make_in(copy, "explain"))
    said(make_in(copy, "accept", "STAGE=score", "REASON=the same number"))
    assert planned(copy) == {"score_onnx": 2} | TABLES


def test_a_failed_assembly_keeps_the_tables_that_were_there(copy: Path) -> None:
    tables = [*(copy / RESULTS).glob("tables/**/*.csv"), *(copy / RESULTS).glob("tables.*")]
    before = {path: path.read_bytes() for path in tables}
    assert len(before) > 15
    edit(
        copy, "scripts/assemble_tables.py", "def main(", "def main(_: object) -> None:\n    1 / 0\n\n\ndef main_before("
    )
    assert planned(copy) == TABLES
    assert snakemake_in(copy, *DEMO).returncode != 0
    assert {path: path.read_bytes() for path in tables if path.exists()} == before
    assert planned(copy) == TABLES
    edit(
        copy, "scripts/assemble_tables.py", "def main(_: object) -> None:\n    1 / 0\n\n\ndef main_before(", "def main("
    )
    said(snakemake_in(copy, *DEMO))
    assert planned(copy) == {}
    assert not (copy / RESULTS / ".tables").exists()
