"""The workflow on a real SLURM: what it submits, and what faults cost."""

import json
import re
from pathlib import Path

import pytest
from safetensors.numpy import load_file
from tests.slurm import cluster
from tests.slurm.runs import RESULTS, Run, running_job, state_of, stopped, take_away, waiting_jobs, written_again

FINETUNED = ["finetuned/distilbeto", "predictions/distilbeto", "scores/distilbeto"]
CHECKPOINT = "checkpoints/distilbeto/ner/seed-42/checkpoint-*/trainer_state.json"
LAST_STATE = "students/distilbeto/step-0000004.*"
LAST = str(RESULTS / LAST_STATE.replace("*", "safetensors"))


def tables(folder: Path) -> dict[str, list[str]]:
    """What the tables say, but for the seconds that a training took."""
    contents = {path.name: path.read_text(encoding="utf-8") for path in (folder / RESULTS / "tables").rglob("*.csv")}
    return {
        name: [line for line in content.splitlines() if ",train_seconds," not in line]
        for name, content in contents.items()
    }


def submitted(said: str) -> list[str]:
    """The numbers of the jobs that a run submitted."""
    return re.findall(r"has been submitted with SLURM jobid (\d+)", said)


def slurm_log(folder: Path, job: str) -> str:
    """What a job that failed and SLURM itself said."""
    (path,) = (folder / ".snakemake/slurm_logs").rglob(f"{job}.log")
    return path.read_text()


def run_record(folder: Path) -> dict:
    return json.loads((folder / RESULTS / "finetuned/distilbeto/ner/seed-42/run.json").read_text())


def assert_equal_states(one: Path, other: Path) -> None:
    """Bit for bit; only the order of entries in the file's header is not given."""
    tensors, others = load_file(one), load_file(other)
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if tensors[name].tobytes() != others[name].tobytes()] == []


@pytest.fixture(autouse=True)
def _cluster(slurm: Path) -> None:
    """Every test here needs it."""


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


def test_a_job_over_its_time_limit_runs_again(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, LAST_STATE)
    run = Run(copy, "--", LAST)
    job = running_job(copy, "distil_segment")
    with stopped(copy, "distil_segment"):
        cluster.run("scontrol", "update", f"JobId={job}", "EndTime=now+2")
        cluster.wait_for(lambda: state_of(job) == "TIMEOUT", "the time limit")
    assert "Trying to restart" in run.finish()
    assert_equal_states(copy / LAST, undisturbed / LAST)
    assert written_again(before) == []


def test_a_job_out_of_memory_gets_more(copy: Path, undisturbed: Path) -> None:
    before = take_away(copy, LAST_STATE)
    said = Run(copy, "--set-resources", "distil_segment:mem_mb=300 * 20 ** (attempt - 1)", "--", LAST).finish()
    first, second = submitted(said)
    assert state_of(first) in ("OUT_OF_MEMORY", "FAILED")
    assert "exceeded memory limit" in slurm_log(copy, first), "SLURM ended it, and not a lack of what the machine has"
    assert state_of(second) == "COMPLETED"
    assert_equal_states(copy / LAST, undisturbed / LAST)
    assert written_again(before) == []


def test_a_job_cancelled_in_its_second_segment_keeps_its_first(copy: Path, undisturbed: Path) -> None:
    first = RESULTS / "students/distilbeto/step-0000002.safetensors"
    before = take_away(copy, "students/distilbeto/step-0000002.*", LAST_STATE)
    run = Run(copy, "--group-components", "distillation=2", "--", LAST)
    with stopped(copy, "distil_segment", after="students/distilbeto/.kept/*.jsonl"):
        trained = (copy / first).stat().st_ino
        job = running_job(copy, "distillation")
        cluster.run("scancel", job)
        cluster.wait_for(lambda: state_of(job) == "CANCELLED", "the end of the job")
    said = run.finish()
    assert f"Removing output files of failed job distil_segment since they might be corrupted:\n{first}" in said
    assert (copy / first).stat().st_ino == trained
    assert_equal_states(copy / LAST, undisturbed / LAST)
    assert written_again(before) == []


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
