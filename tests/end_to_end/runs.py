"""Runs of the miniature."""

import subprocess
from pathlib import Path

from tests.conftest import planned_jobs, snakemake_in

DEMO = ["--workflow-profile", "profiles/demo"]
OVERLAY = "profiles/demo/miniature.yaml"
RESULTS = "results/demo"


def planned(folder: Path, *arguments: str) -> dict[str, int]:
    """The jobs of a dry run, by rule."""
    return planned_jobs(snakemake_in(folder, "-n", *DEMO, *arguments, "--quiet", "rules"))


def said(ran: subprocess.CompletedProcess[str]) -> str:
    """What a command printed; it must have ended well."""
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-5000:]
    return ran.stdout
