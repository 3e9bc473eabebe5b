"""Segments of a distillation on a real SLURM: what faults cost them."""

from pathlib import Path

from safetensors.numpy import load_file
from tests.slurm import cluster
from tests.slurm.runs import RESULTS, Run, running_job, state_of, stopped, submitted, take_away, written_again

LAST_STATE = "students/distilbeto/step-0000004.*"
LAST = str(RESULTS / LAST_STATE.replace("*", "safetensors"))


def slurm_log(folder: Path, job: str) -> str:
    """What a job that failed and SLURM itself said."""
    (path,) = (folder / ".snakemake/slurm_logs").rglob(f"{job}.log")
    return path.read_text()


def assert_equal_states(one: Path, other: Path) -> None:
    """Bit for bit; only the order of entries in the file's header is not given."""
    tensors, others = load_file(one), load_file(other)
    assert tensors.keys() == others.keys()
    assert [name for name in tensors if tensors[name].tobytes() != others[name].tobytes()] == []


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
