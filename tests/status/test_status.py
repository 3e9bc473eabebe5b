"""What a person is told of a run: every job that Snakemake plans, in the state in which it is."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.conftest import ROOT

from distilbeto.plan.loading import load_config
from distilbeto.status.jobs import Job, jobs_of
from distilbeto.status.states import SILENT_SECONDS, Progress, progress_of
from distilbeto.status.view import duration, view, work_left

RULES = ["tokenize_shard", "distil_segment", "finetune", "score"]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job("fine-tunings", "fine-tune m on ner, seed 42", tmp_path / "run.json", tmp_path / "seed-42.log")


def test_the_jobs_are_those_that_snakemake_plans(thesis_plan) -> None:
    planned = set(re.findall(r"2> (\S+)", thesis_plan.stdout))
    jobs = jobs_of(load_config(yaml.safe_load((ROOT / "config.yaml").read_text())))
    logs = [str(job.log) for job in jobs]
    assert len(set(logs)) == len(logs) == 77 + 88 + 56 + 64
    assert set(logs) == {log for log in planned if log.split("/")[2] in RULES}
    assert [job.title for job in jobs if str(job.made.parent) not in thesis_plan.stdout] == []


def test_a_job_is_done_when_its_output_is_there_whatever_its_log_says(job: Job) -> None:
    job.log.write_text("error: an earlier attempt\n")
    job.made.write_text(json.dumps({"provenance": {"wall_seconds": 12.5}}))
    assert progress_of(job)[1:3] == ("done", 12.5)


@pytest.mark.parametrize(
    ("log", "age", "state", "seconds"),
    [
        (None, 0, "waiting", None),
        ("", 0, "running", None),
        ("12:00:00 step 3 of 9, 1.00 a second, 90 s left\n", 30, "running", 60),
        ("12:00:00 step 3 of 9, 1.00 a second, 90 s left\n", SILENT_SECONDS + 1, "failed", None),
        ("12:00:00 epoch 1\nerror: no space left for this file\n  Free space\n", 0, "failed", None),
        ("Traceback (most recent call last):\nValueError: 1\n", 0, "failed", None),
    ],
)
def test_a_job_without_output_is_what_its_log_says(
    job: Job, log: str | None, age: float, state: str, seconds: float | None
) -> None:
    written = 1_000_000.0
    if log is not None:
        job.log.write_text(log)
        os.utime(job.log, (written, written))
    assert progress_of(job, now=written + age)[1:3] == (state, seconds)


def test_a_log_of_an_earlier_run_says_nothing_of_this_one(job: Job) -> None:
    job.log.write_text("error: no space left for this file\n")
    os.utime(job.log, (1_000_000.0, 1_000_000.0))
    assert progress_of(job, now=1_000_100.0, began=1_000_050.0).state == "waiting"
    assert progress_of(job, now=1_000_100.0, began=999_950.0).state == "failed"


def test_what_waits_takes_as_long_as_what_is_done(job: Job) -> None:
    done = [Progress(job, "done", 100.0), Progress(job, "done", 200.0)]
    assert work_left([*done, Progress(job, "waiting"), Progress(job, "running", 20.0)]) == 170.0
    assert work_left([Progress(job, "waiting")]) is None
    assert work_left(done) == 0
    assert [duration(seconds) for seconds in (40, 600, 9000, 300_000)] == ["40 s", "10 min", "2.5 h", "3.5 days"]


def test_the_view_ends_with_what_failed_and_how_to_go_on(job: Job) -> None:
    jobs = [
        Progress(job, "done", 60.0),
        Progress(job, "running", 30.0),
        Progress(job, "failed", None, ("error: full",)),
    ]
    lines = view(jobs, "snakemake --cores 2").splitlines()
    assert lines[0].split() == ["done", "running", "failed", "waiting", "work", "left"]
    assert lines[1].split() == ["fine-tunings", "1", "1", "1", "0", "90", "s"]
    assert "  fine-tune m on ner, seed 42: 30 s left" in lines
    assert lines[lines.index(f"  fine-tune m on ner, seed 42: {job.log}") + 1] == "    error: full"
    assert lines[-1].endswith("the same command goes on:  snakemake --cores 2")
    assert "goes on" not in view(jobs[:1], "snakemake")


def test_the_script_reads_what_the_last_run_left(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts/status.py"), "--results", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (1, f"error: {tmp_path}: no run has begun here")
    configuration = load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))
    assert configuration.results != str(tmp_path), "the path of the run counts from its own folder"
    record = {"command": "snakemake --cores 8", "configuration": configuration.model_dump(mode="json")}
    (tmp_path / "last_run.json").write_text(json.dumps(record))
    log = tmp_path / "logs/finetune/distilbeto/ner/seed-42.log"
    log.parent.mkdir(parents=True)
    log.write_text("error: the loss is no number\n")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"^fine-tunings +0 +0 +1 +55 ", said, re.MULTILINE)
    assert re.search(r"^segments of distilbeto +0 +0 +0 +88 ", said, re.MULTILINE)
    assert "error: the loss is no number" in said
    assert said.rstrip().endswith("snakemake --cores 8")


def test_what_collapsed_is_named_and_records_of_before_say_nothing(job: Job) -> None:
    job.made.write_text(json.dumps({"provenance": {"wall_seconds": 1.0}, "collapsed": "constant"}))
    lines = view([progress_of(job)], "snakemake").splitlines()
    assert "  fine-tune m on ner, seed 42: the same prediction everywhere" in lines
    job.made.write_text(json.dumps({"provenance": {"wall_seconds": 1.0}}))
    assert "collapsed" not in view([progress_of(job)], "snakemake")
