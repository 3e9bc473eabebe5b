"""The whole miniature: what it makes, and what its models learnt."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import snakemake_in
from tests.end_to_end.runs import DEMO, OVERLAY, RESULTS, planned

NAMED = ("conlleval.f1", "mlqa_es.f1", "squad_v2.f1", "squad.f1", "combined", "micro_f1", "accuracy")


def records(folder: Path, pattern: str) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted((folder / RESULTS).glob(pattern))]


def test_100_models_are_fine_tuned_and_are_what_they_are_called(miniature: Path) -> None:
    runs = records(miniature, "finetuned/*/*/*/run.json")
    assert len({(run["model"], run["task"]) for run in runs}) == 100
    types = {run["model"]: run["architecture"]["model_type"] for run in runs}
    assert types.pop("distilbeto") == "distilbert"
    assert (types.pop("roberta"), types.pop("modernbert")) == ("roberta", "modernbert")
    assert set(types.values()) == {"albert"}
    hidden = {run["model"]: run["architecture"]["hidden_size"] for run in runs}
    assert hidden["s_albert_tiny"] < hidden["s_albert_base_v1"] < hidden["s_albert_large"] < hidden["s_albert_xlarge"]


@pytest.mark.parametrize(
    ("test", "metric", "above_baseline"),
    [
        ("xnli_test", "accuracy", 40),
        ("pos_test", "accuracy", 50),
        ("paws_x_test", "accuracy", 25),
        ("ner_test", "conlleval.f1", 40),
        ("mldoc_test", "accuracy", 40),
        ("mlqa_test", "mlqa_es.f1", 30),
        ("xquad", "squad.f1", 30),
        ("squad_v2_test", "squad_v2.f1", 60),
        ("sts_test", "combined", 70),
        ("topics_test", "micro_f1", 50),
    ],
)
def test_some_model_learns_each_task_well_above_its_majority_baseline(
    miniature: Path, test: str, metric: str, above_baseline: float
) -> None:
    scores = records(miniature, f"scores/*/*/*/{test}.json")
    best = max(score["metrics"][metric] for score in scores)
    (baseline,) = {score["baseline"][metric] for score in scores}
    assert best > baseline + above_baseline


@pytest.mark.parametrize("model", ["roberta", "modernbert"])
def test_an_encoder_with_its_own_tokenizer_learns_most_tasks(miniature: Path, model: str) -> None:
    """Two lines in the configuration: architecture and tokenizer are the source's."""
    (manifest,) = records(miniature, f"models/{model}/manifest.json")
    (tokenizer,) = records(miniature, f"tokenizers/{model}/manifest.json")
    assert manifest["architecture"]["model_type"] == model
    assert manifest["tokenizer"] == tokenizer["fingerprint"]
    assert not tokenizer["lowercase"]
    scores = records(miniature, f"scores/{model}/*/*/*.json")
    metrics = [next(name for name in NAMED if name in score["metrics"]) for score in scores]
    above = [score["metrics"][name] > score["baseline"][name] + 10 for name, score in zip(metrics, scores, strict=True)]
    assert len(above) == 11 and sum(above) >= 7


def test_the_student_learns_from_its_teacher(miniature: Path) -> None:
    folder = miniature / RESULTS / "students/distilbeto"
    ends = [json.loads(path.read_text().splitlines()[-1]) for path in sorted(folder.glob("step-*.jsonl"))]
    losses = [end["validation"]["distillation"] for end in ends]
    assert len(ends) == 3
    assert losses[-1] < losses[0]


def test_results_say_what_they_were_made_from(miniature: Path) -> None:
    for pattern in ("finetuned/*/*/*/run.json", "scores/*/*/*/*.json", "latency/*.json", "models/*/manifest.json"):
        for record in records(miniature, pattern):
            provenance = record["provenance"]
            assert {"settings", "versions", "git_revision", "wall_seconds", "peak_memory_mib"} <= set(provenance)


def test_the_tables_are_complete(miniature: Path) -> None:
    results = miniature / RESULTS
    rows = [
        row
        for number in (2, 3, 4, 5)
        for row in csv.DictReader((results / f"tables/table_5_{number}.csv").open(encoding="utf-8"))
    ]
    assert {(row["task"], row["note"]) for row in rows if not row["value"]} == {
        ("squad_v2", "not published"),
        ("sts", "not published"),
        ("topics", "not published"),
    }
    measured = [row for row in rows if row["source"] == "measured"]
    of_the_tables, of_onnx = 2 * 10 * (7 + 4 * 2 + 1), 3 * 3
    assert len(measured) == of_the_tables + 9 * 5 + of_onnx
    latex = (results / "tables.tex").read_text(encoding="utf-8")
    assert latex.count(r"\caption[") == 23
    assert r"\rhead{\small miniatura}" in latex, "on every page"


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="LaTeX is not installed")
def test_the_tables_compile_without_overfull_boxes(miniature: Path) -> None:
    ran = snakemake_in(miniature, *DEMO, "--", "results/demo/tables.pdf")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    log = (miniature / RESULTS / "tables.log").read_text(encoding="latin-1")
    assert "Overfull" not in log
    assert "Warning" not in log
    fonts = subprocess.run(
        ["pdffonts", RESULTS + "/tables.pdf"], cwd=miniature, capture_output=True, text=True, check=True
    )
    assert "LMRoman" in fonts.stdout
    assert "Type 3" not in fonts.stdout, "bitmaps"


def test_the_exported_student_is_ready_for_the_hub(miniature: Path) -> None:
    script = (
        "from transformers import pipeline; import sys;"
        "print(len(pipeline('fill-mask', sys.argv[1])('la casa [MASK] en el pueblo .')))"
    )
    command = ["python", "-c", script, "results/demo/models/distilbeto"]
    ran = subprocess.run(command, cwd=miniature, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "5\n"


def test_the_energy_of_every_job_is_summed_and_its_country_changes_nothing_else(miniature: Path) -> None:
    target = "results/demo/energy.txt"
    ran = snakemake_in(miniature, *DEMO, target)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with (miniature / RESULTS / "energy/stages.csv").open(newline="") as file:
        rows = {row["stage"]: row for row in csv.DictReader(file)}
    assert int(rows["finetuning"]["jobs"]) == 100
    assert all(row["recorded"] == row["jobs"] for row in rows.values()), rows
    assert all(float(row["processor_kwh"]) > 0 for row in rows.values())
    kilograms = [float(row["kg_co2e"]) for row in rows.values()]
    assert kilograms.pop() == pytest.approx(sum(kilograms))
    assert planned(miniature, target) == {}
    (miniature / "spain.yaml").write_text("energy: {country: ESP}")
    assert planned(miniature, target, "--configfile", OVERLAY, "spain.yaml") == {"sum_energy": 1}
