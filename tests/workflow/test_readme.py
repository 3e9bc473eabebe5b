"""What the documentation tells people to type and to write.

Of README.md, every indented line that starts with a program is held against what there is: dry runs, scoring, `make
status` and the help of scripts are executed as they stand; other Snakemake commands are planned, for what they do takes
from minutes to weeks; other make targets are printed (`make -n`). Its configurations are laid over config.yaml, or into
it, and planned.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = "snakemake|python|make|git|source|nano"

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def commands(text: str, program: str) -> list[str]:
    """The indented lines that start with a program, continued lines joined, comments cut."""
    found = re.findall(rf"^    ((?:{program})(?: .*)?)$", text.replace("\\\n", " "), re.MULTILINE)
    return list(dict.fromkeys(re.sub(r"\s+# .*", "", line).strip() for line in found))


def configurations() -> dict[str, str]:
    """The YAML blocks of the README by the name in their first line."""
    blocks = re.findall(r"^    # (\w+\.yaml)\n((?:    .*\n)+)", README, re.MULTILINE)
    return {name: textwrap.dedent(text) for name, text in blocks}


def merged(config: Any, addition: Any) -> Any:
    """A configuration with lines added where their like stand."""
    if isinstance(config, dict):
        return config | {key: merged(config[key], value) if key in config else value for key, value in addition.items()}
    return config + addition if isinstance(config, list) else addition


def planned(ran: "subprocess.CompletedProcess[str]") -> dict[str, int]:
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", ran.stdout + ran.stderr, re.MULTILINE)}


@pytest.fixture
def newcomer(checkout: Path) -> Path:
    """A checkout with the files that the README tells to write, and a text where it says that one is."""
    for name, text in configurations().items():
        if name != "config.yaml":
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
    assert planned(snakemake(*command.split()[1:], *([] if " -n " in command else ["-n"]), "--quiet", "rules"))


@pytest.mark.parametrize("command", commands(README, "make"))
def test_make_has_every_target(command: str) -> None:
    ran = subprocess.run([*command.split(), "-n"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for variable in re.findall(r"=(\S+)", command):
        assert variable in ran.stdout


def test_make_status_says_how_far_a_run_is(newcomer: Path, snakemake: Snakemake) -> None:
    ran = snakemake("--cores", "1", "results/sources/my_text.json", "--configfile", "student.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shutil.copy2(ROOT / "Makefile", newcomer)
    (newcomer / ".venv").mkdir()
    for name in ("requirements.lock", "pyproject.toml", ".venv/installed"):
        (newcomer / name).touch()
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(newcomer / "workflow"),
    }
    status = subprocess.run(
        ["make", "status"], cwd=newcomer, env=environment, capture_output=True, text=True, check=False
    )
    assert status.returncode == 0, status.stderr
    assert re.search(r"^fine-tunings +0 +0 +0 +70 ", status.stdout, re.MULTILINE)
    assert "the same command goes on:  snakemake --cores 1" in status.stdout


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
    jobs = planned(snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "mine.yaml"))
    assert {rule: jobs[rule] for rule in ("finetune", "predict", "time_inference")} == {
        "finetune": 56 + 7,
        "predict": 64 + 8,
        "time_inference": 7 + 1,
    }
    demo = ["--workflow-profile", "profiles/demo", "--configfile", "profiles/demo/miniature.yaml", "mine.yaml"]
    assert planned(snakemake("-n", "--quiet", "rules", *demo))["finetune"] == 56 + 7


def test_what_cannot_be_had_is_left_out(newcomer: Path, snakemake: Snakemake) -> None:
    arguments = ("results/tables.tex", "results/report.html", "-n", "--quiet", "rules", "--configfile", "missing.yaml")
    assert planned(snakemake(*arguments))["finetune"] == 36, "without two models and MLDoc"


def test_a_student_of_ones_own_is_trained_and_measured_beside_its_teacher(newcomer: Path, snakemake: Snakemake) -> None:
    jobs = planned(snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "student.yaml"))
    assert (jobs["finetune"], jobs["distil_segment"], jobs["export_student"]) == (56 + 14, 88 + 20, 2)


def test_a_data_set_of_a_known_format_is_a_column_more(newcomer: Path, snakemake: Snakemake) -> None:
    path = newcomer / "config.yaml"
    whole = merged(yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(configurations()["config.yaml"]))
    path.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    assert planned(snakemake("results/tables.tex", "-n", "--quiet", "rules"))["finetune"] == 56 + 8
