"""What the documentation tells people to type and to write, held against what there is.

Every Snakemake command and configuration of README.md is planned on the thesis here; on the miniature they are carried
out in end_to_end/test_readme.py. Not carried out: `make env` and `make test`, which come before these tests and run
them, and `make real`, for it takes half an hour, and data that the project does not have.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Snakemake, make_in, planned_jobs
from tests.documentation import README, ROOT, commands, configurations

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = "snakemake|python|make|git|source|nano"


@pytest.fixture
def newcomer(checkout: Path) -> Path:
    """A checkout with the files that the README tells to write, and a text where it says that one is."""
    for name, text in configurations().items():
        (checkout / name).write_text(text, encoding="utf-8")
    (checkout / "path/to/texts").mkdir(parents=True)
    (checkout / "path/to/texts/a.txt").write_text("una frase\n", encoding="utf-8")
    return checkout


def test_every_kind_of_command_is_tested() -> None:
    lines = commands(README, PROGRAMS)
    kinds = {line.split()[0] for line in lines}
    assert kinds == set(PROGRAMS.split("|"))
    others = [line for line in lines if line.split()[0] in ("git", "source", "nano", "python")]
    assert [line.partition(" --")[0] for line in others] == [
        "git clone ... distilbeto && cd distilbeto",
        "nano mine.yaml",
        "source .venv/bin/activate",
        "python scripts/score.py",
    ]


@pytest.mark.parametrize("command", commands(README, "snakemake"))
def test_snakemake_commands_can_be_planned(newcomer: Path, snakemake: Snakemake, command: str) -> None:
    assert planned_jobs(snakemake(*command.split()[1:], *([] if " -n " in command else ["-n"]), "--quiet", "rules"))


@pytest.mark.parametrize("command", commands(README, "make"))
def test_make_has_every_target(newcomer: Path, command: str) -> None:
    ran = make_in(newcomer, *command.split()[1:], "-n")
    assert ran.returncode == 0, ran.stderr
    for variable in re.findall(r"=(\S+)", command):
        assert variable in ran.stdout


def test_make_status_says_how_far_a_run_is(newcomer: Path, snakemake: Snakemake) -> None:
    ran = snakemake("--cores", "1", "results/sources/my_text.json", "--configfile", "student.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    status = make_in(newcomer, "status")
    assert status.returncode == 0, status.stderr
    assert re.search(r"^fine-tunings +0 +0 +0 +70 ", status.stdout, re.MULTILINE)
    assert "the same command goes on:  snakemake --cores 1" in status.stdout


@pytest.mark.parametrize(
    ("target", "file", "damage"),
    [
        ("format", "workflow/distilbeto/errors.py", "\n\nunused  =  1\n"),
        ("schema", "workflow/schemas/config.schema.json", "{}"),
    ],
)
def test_make_writes_what_is_committed(checkout: Path, target: str, file: str, damage: str) -> None:
    before = (checkout / file).read_text(encoding="utf-8")
    (checkout / file).write_text(before + damage, encoding="utf-8")
    ran = make_in(checkout, target)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    expected = before + "\n\nunused = 1\n" if target == "format" else before
    assert (checkout / file).read_text(encoding="utf-8") == expected


def test_predictions_made_elsewhere_are_scored(tmp_path: Path) -> None:
    (command,) = commands(README, "python")
    (tmp_path / "esp.testb").write_text(
        "Sebasti\u00e1n NP B-PER\nvive VMI O\nen SPS O\nChile NP B-LOC\n\n", encoding="utf-8"
    )
    (tmp_path / "predictions.txt").write_text("Sebasti\u00e1n B-PER\nvive O\nen O\nChile O\n\n", encoding="utf-8")
    words = [sys.executable, ROOT / command.split()[1], *command.split()[2:]]
    ran = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert '"conlleval.precision": 100.0' in ran.stdout
    assert '"conlleval.recall": 50.0' in ran.stdout


def test_every_script_takes_the_options_that_are_shown() -> None:
    shown = commands("\n".join(page.read_text(encoding="utf-8") for page in PAGES), r"python scripts/\S+")
    assert shown
    for command in shown:
        script, *words = command.split()[1:]
        ran = subprocess.run([sys.executable, ROOT / script, "--help"], capture_output=True, text=True, check=True)
        for option in (word for word in words if word.startswith("--")):
            assert option in ran.stdout, command


def test_a_model_of_ones_own_is_seven_runs_more(newcomer: Path, snakemake: Snakemake) -> None:
    jobs = planned_jobs(snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "mine.yaml"))
    assert {rule: jobs[rule] for rule in ("finetune", "predict", "time_inference")} == {
        "finetune": 56 + 7,
        "predict": 64 + 8,
        "time_inference": 7 + 1,
    }
    demo = ["--workflow-profile", "profiles/demo", "--configfile", "profiles/demo/miniature.yaml", "mine.yaml"]
    assert planned_jobs(snakemake("-n", "--quiet", "rules", *demo))["finetune"] == 100 + 10


def test_what_cannot_be_had_is_left_out(newcomer: Path, snakemake: Snakemake) -> None:
    arguments = ("results/tables.tex", "results/report.html", "-n", "--quiet", "rules", "--configfile", "missing.yaml")
    assert planned_jobs(snakemake(*arguments))["finetune"] == 36, "without two models and MLDoc"


def test_a_student_of_ones_own_is_trained_and_measured_beside_its_teacher(newcomer: Path, snakemake: Snakemake) -> None:
    jobs = planned_jobs(snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "student.yaml"))
    assert (jobs["finetune"], jobs["distil_segment"], jobs["export_student"]) == (56 + 14, 88 + 20, 2)


def test_a_data_set_of_a_known_format_is_a_column_more(newcomer: Path, snakemake: Snakemake) -> None:
    arguments = ("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "reviews.yaml")
    assert planned_jobs(snakemake(*arguments))["finetune"] == 56 + 8
    jobs = planned_jobs(snakemake(*arguments, "part.yaml"))
    assert (jobs["finetune"], jobs["score"], jobs["read_examples"]) == (2, 2, 3), "of two models on one task"
    assert "time_inference" not in jobs, "NER, whose sentences are timed, is no part of it"
