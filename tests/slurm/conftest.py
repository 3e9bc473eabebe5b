"""A SLURM for the tests of this folder, and a small miniature that was run without it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from tests.conftest import copy_checkout, snakemake_in
from tests.slurm import cluster
from tests.slurm.runs import OVERLAYS, RESULTS, Run


@pytest.fixture(scope="session")
def slurm(shared: Path) -> Iterator[Path]:
    """The folder of a running SLURM: skips where there can be none, and says why. The last who uses it ends it."""
    reason = cluster.why_not()
    if reason is not None:
        pytest.skip(reason)
    users = shared / "slurm-users"
    with FileLock(shared / "slurm.lock"):
        users.mkdir(exist_ok=True)
        link = users / str(os.getpid())
        link.symlink_to(next((other.readlink() for other in users.iterdir()), None) or cluster.start())
    yield link.readlink()
    with FileLock(shared / "slurm.lock"):
        folder = link.readlink()
        link.unlink()
        if not any(users.iterdir()):
            cluster.stop(folder)


@pytest.fixture(scope="session")
def undisturbed(shared: Path) -> Path:
    """A checkout in which the small miniature ran to its end, on this machine and without SLURM."""
    folder = shared / "undisturbed"
    with FileLock(shared / "undisturbed.lock"):
        if not (folder / RESULTS / "tables.tex").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            shutil.copy2(Path(__file__).with_name("small.yaml"), copy_checkout(folder))
            ran = snakemake_in(folder, "--workflow-profile", "profiles/demo", *OVERLAYS, prefork=True)
            assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-5000:]
    return folder


@pytest.fixture
def copy(undisturbed: Path, tmp_path: Path) -> Path:
    """The same with its results, for a test to take some of them away."""
    return Path(shutil.copytree(undisturbed, tmp_path / "copy"))


@pytest.fixture(autouse=True)
def _nothing_left_running() -> Iterator[None]:
    """A run that a test left in its middle would submit jobs for ever."""
    yield
    while Run.started:
        Run.started.pop().kill()


@pytest.fixture(autouse=True)
def _cluster(slurm: Path) -> None:
    """Every test here needs it."""
