"""A checkout of the project in a folder of the test's own, and Snakemake run in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]
PARTS = ["Snakefile", "config.yaml", "rules", "scripts", "workflow", "profiles"]

settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def copy_checkout(folder: Path) -> Path:
    """A copy of what a run needs, in an empty folder."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy2(source, folder / part)
    return folder


def snakemake_in(folder: Path, *arguments: str, prefork: bool = False) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a checkout, with the checkout's own package."""
    environment = os.environ | {
        "PYTHONPATH": str(folder / "workflow"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    before = ["distilbeto.prefork", sys.executable, "-m"] if prefork else []
    command = [sys.executable, "-m", *before, "snakemake", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path)


@pytest.fixture
def snakemake(checkout: Path) -> Snakemake:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return snakemake_in(checkout, *arguments)

    return run
