"""The workflow on a real SLURM: what it submits, and what faults cost."""

import json
import re
from pathlib import Path

import pytest
from tests.slurm import cluster
from tests.slurm.runs import RESULTS, Run, running_job, state_of, stopped, take_away, written_again

FINETUNED = ["finetuned/distilbeto", "predictions/distilbeto", "scores/distilbeto"]
CHECKPOINT = "checkpoints/distilbeto/ner/seed-42/checkpoint-*/trainer_state.json"
LAST_STATE = "students/distilbeto/step-0000004.*"
LAST = str(RESULTS / LAST_STATE.replace("*", "safetensors"))


def tables(folder: Path) -> dict[str, str]:
    files = [*(folder / RESULTS / "tables").glob("*.csv"), folder / RESULTS / "tables.tex"]
    return {path.name: path.read_text(encoding="utf-8") for path in files}


def run_record(folder: Path) -> dict:
    return json.loads((folder / RESULTS / "finetuned/distilbeto/ner/seed-42/run.json").read_text())


@pytest.fixture(autouse=True)
def _cluster(slurm: Path) -> None:
    """Every test here needs it."""


def test_a_chain_of_jobs_makes_the_tables_of_a_local_run(slurm: Path, copy: Path, undisturbed: Path) -> None:
    of_s_albert = ["models", "features", "finetuned", "predictions", "scores"]
    before = take_away(copy, *(f"{stage}/s_albert*" for stage in of_s_albert))
    said = Run(copy).finish()
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []
    assert "Removing output" not in said
    ended = (slurm / "jobcomp.txt").read_text()
    submitted = re.findall(r"Job (\S+) has been submitted with SLURM jobid", said)
    assert len(submitted) == 6, "model, three data sets, fine-tuning; prediction and score in one"
    assert len(re.findall("JobState=COMPLETED", ended)) >= 6
    assert len(re.findall(r"Tres=\S*gres/gpu=1", ended)) >= 2, "the fine-tuning and the prediction"


def test_a_job_over_its_time_limit_runs_again(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, LAST_STATE)
    run = Run(copy, "--", LAST)
    job = running_job("distil_segment")
    with stopped(copy, "distil_segment"):
        cluster.run("scontrol", "update", f"JobId={job}", "EndTime=now")
        cluster.wait_for(lambda: state_of(job) == "TIMEOUT", "the time limit")
    assert "TIMEOUT" in run.finish()
    assert (copy / LAST).read_bytes() == (undisturbed / LAST).read_bytes()
    assert written_again(before) == []


def test_a_job_out_of_memory_gets_more(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, LAST_STATE)
    said = Run(copy, "--set-resources", "distil_segment:mem_mb=300 * 20 ** (attempt - 1)", "--", LAST).finish()
    assert "Trying to restart" in said
    assert (copy / LAST).read_bytes() == (undisturbed / LAST).read_bytes()
    assert written_again(before) == []


def test_a_cancelled_training_goes_on_from_its_last_epoch(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, *FINETUNED)
    run = Run(copy)
    with stopped(copy, "finetune", after=CHECKPOINT):
        job = running_job("finetune")
        cluster.run("scancel", job)
        cluster.wait_for(lambda: state_of(job) == "CANCELLED", "the end of the job")
    run.finish()
    assert run_record(copy)["restarts"] == 1
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []


def test_a_drained_node_finishes_its_job_and_the_rest_waits(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, *FINETUNED)
    run, node = Run(copy), cluster.host()
    job = running_job("finetune")
    with stopped(copy, "finetune"):
        cluster.run("scontrol", "update", f"NodeName={node}", "State=drain", "Reason=maintenance")
    try:
        cluster.wait_for(lambda: state_of(job) == "COMPLETED", "the end of the fine-tuning")
        cluster.wait_for(lambda: "PENDING" in cluster.run("squeue", "--noheader", "--format=%T"), "a job that waits")
    finally:
        cluster.run("scontrol", "update", f"NodeName={node}", "State=resume")
    assert "Trying to restart" not in run.finish()
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []


def test_a_killed_snakemake_started_again_takes_over(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, *FINETUNED)
    run = Run(copy)
    with stopped(copy, "finetune", after=CHECKPOINT):
        job = running_job("finetune")
        run.kill()
        assert state_of(job) == "RUNNING", "jobs outlive what submitted them"
        said = Run(copy).finish()
    assert f"Cancelled jobs that an earlier run left behind: {job}" in said
    assert run_record(copy)["restarts"] == 1
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []
