"""The commands that the documentation tells people to type."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(pages: list[Path], program: str) -> list[str]:
    """The indented lines of the pages that start with a program, continued lines joined, comments cut."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages).replace("\\\n", " ")
    found = re.findall(rf"^    ({program} .*)$", text, re.MULTILINE)
    return list(dict.fromkeys(re.sub(r"\s+# .*", "", line).strip() for line in found))


def test_every_make_target_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = re.findall(r"(?:^    |`)make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"demo", "test", "env", "real"} <= set(named) <= set(targets)


def test_every_script_takes_the_options_that_are_shown() -> None:
    shown = commands(PAGES, r"python scripts/\S+")
    assert shown
    for command in shown:
        script, *words = command.split()[1:]
        ran = subprocess.run([sys.executable, ROOT / script, "--help"], capture_output=True, text=True, check=True)
        for option in (word for word in words if word.startswith("--")):
            assert option in ran.stdout, command


README = [line for line in commands(PAGES[:1], "snakemake") if "mine.yaml" not in line]


@pytest.mark.parametrize("command", README)
def test_every_snakemake_command_of_the_readme_can_be_planned(snakemake, command: str) -> None:
    ran = snakemake(*command.split()[1:], "-n", "--quiet", "all")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_configuration_that_the_readme_shows_is_one(snakemake, checkout: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"    # mine\.yaml\n((?:    .*\n)+)", text)
    assert block
    (checkout / "mine.yaml").write_text(re.sub(r"^    ", "", block[1], flags=re.MULTILINE))
    ran = snakemake("results/tables.tex", "results/report.html", "-n", "--quiet", "rules", "--configfile", "mine.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^finetune +36$", ran.stdout + ran.stderr, re.MULTILINE), "without two models and MLDoc"
