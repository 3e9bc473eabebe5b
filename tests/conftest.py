"""A checkout of the project in a folder of the test's own, and Snakemake run in it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]
PARTS = ["Snakefile", "Makefile", "config.yaml", "requirements.lock", "pyproject.toml"]
PARTS += ["rules", "scripts", "workflow", "profiles", "config"]
# What `make test` hands down would make another make say where it is, and ask about other results.
EXPORTED_BY_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "RESULTS", "STAGE", "REASON"}

with suppress(ModuleNotFoundError):  # tests/gpu may run where it is not
    from hypothesis import settings

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
    before = ["distilbeto.job.prefork", sys.executable, "-m"] if prefork else []
    return run_in(folder, sys.executable, "-m", *before, "snakemake", *arguments)


def make_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in a checkout, as if this test's environment had been installed there."""
    stamp = folder / ".venv/installed"
    stamp.parent.mkdir(exist_ok=True)
    stamp.touch()
    return run_in(folder, "make", *arguments)


def planned_jobs(ran: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Of a dry run with `--quiet rules`: its jobs by rule."""
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = re.findall(r"^(\w+) +(\d+)$", ran.stdout + ran.stderr, re.MULTILINE)
    return {rule: int(count) for rule, count in found if rule != "total"}


def run_in(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a checkout, with this test's environment and the checkout's own package."""
    environment = {name: value for name, value in os.environ.items() if name not in EXPORTED_BY_MAKE} | {
        "PYTHONPATH": str(folder / "workflow"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what all processes of this test run (pytest -n) have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return copy_checkout(tmp_path)


@pytest.fixture
def snakemake(checkout: Path) -> Snakemake:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return snakemake_in(checkout, *arguments)

    return run


@pytest.fixture(scope="session")
def thesis_plan(shared: Path) -> subprocess.CompletedProcess[str]:
    """A dry run of the thesis, with every command: planned once for all that look at it."""
    folder = shared / "thesis"
    with FileLock(shared / "thesis.lock"):
        if not (folder / "plan.txt").exists():
            folder.mkdir(exist_ok=True)
            ran = snakemake_in(copy_checkout(folder), "results/tables.tex", "-n", "-p")
            assert ran.returncode == 0, ran.stdout + ran.stderr
            (folder / "plan.txt").write_text(ran.stdout + ran.stderr)
    return subprocess.CompletedProcess([], 0, (folder / "plan.txt").read_text(), "")
