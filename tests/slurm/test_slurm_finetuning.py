"""Fine-tunings on a real SLURM: the jobs that are submitted, and what faults cost."""

import json
import re
from pathlib import Path

from tests.slurm import cluster
from tests.slurm.runs import (
    RESULTS,
    Run,
    running_job,
    state_of,
    stopped,
    submitted,
    take_away,
    waiting_jobs,
    written_again,
)

FINETUNED = ["finetuned/distilbeto", "predictions/distilbeto", "scores/distilbeto"]
CHECKPOINT = "checkpoints/distilbeto/ner/seed-42/checkpoint-*/trainer_state.json"


def tables(folder: Path) -> dict[str, list[str]]:
    """What the tables say, but for the seconds that a training took."""
    contents = {path.name: path.read_text(encoding="utf-8") for path in (folder / RESULTS / "tables").rglob("*.csv")}
    return {
        name: [line for line in content.splitlines() if ",train_seconds," not in line]
        for name, content in contents.items()
    }


def run_record(folder: Path) -> dict:
    return json.loads((folder / RESULTS / "finetuned/distilbeto/ner/seed-42/run.json").read_text())


def test_a_chain_of_jobs_makes_the_tables_of_a_local_run(copy: Path, undisturbed: Path) -> None:
    of_s_albert = ["models", "features", "finetuned", "predictions", "scores"]
    before = take_away(copy, *(f"{stage}/s_albert*" for stage in of_s_albert))
    said = Run(copy).finish()
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []
    assert "Removing output" not in said
    jobs = submitted(said)
    assert len(jobs) == 6, "model, three data sets, fine-tuning; prediction and score in one"
    assert [state_of(job) for job in jobs] == ["COMPLETED"] * 6
    asked = [cluster.run("scontrol", "show", "job", job) for job in jobs]
    assert len([job for job in asked if "TresPerJob=gres:gpu:1" in job]) == 2, "the fine-tuning and the prediction"
    assert len({re.findall(r"TimeLimit=\S+|MinMemoryNode=\S+", job)[0] for job in asked}) > 2, "each its own"


def test_a_cancelled_training_goes_on_from_its_last_epoch(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, *FINETUNED)
    run = Run(copy)
    with stopped(copy, "finetune", after=CHECKPOINT):
        job = running_job(copy, "finetune")
        cluster.run("scancel", job)
        cluster.wait_for(lambda: state_of(job) == "CANCELLED", "the end of the job")
    run.finish()
    assert run_record(copy)["restarts"] == 1
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []


def test_a_drained_node_finishes_its_job_and_the_rest_waits(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, *FINETUNED)
    run, node = Run(copy), cluster.host()
    job = running_job(copy, "finetune")
    with stopped(copy, "finetune"):
        cluster.run("scontrol", "update", f"NodeName={node}", "State=drain", "Reason=maintenance")
    try:
        cluster.wait_for(lambda: state_of(job) == "COMPLETED", "the end of the fine-tuning")
        cluster.wait_for(lambda: waiting_jobs(copy), "a job that waits")
    finally:
        cluster.run("scontrol", "update", f"NodeName={node}", "State=resume")
    assert "Trying to restart" not in run.finish()
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []


def test_a_killed_snakemake_started_again_takes_over(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, *FINETUNED)
    run = Run(copy)
    with stopped(copy, "finetune", after=CHECKPOINT):
        job = running_job(copy, "finetune")
        run.kill()
        assert state_of(job) == "RUNNING", "jobs outlive what submitted them"
        said = Run(copy).finish()
    assert f"Cancelled jobs that an earlier run left behind: {job}" in said
    assert run_record(copy)["restarts"] == 1
    assert tables(copy) == tables(undisturbed)
    assert written_again(before) == []
