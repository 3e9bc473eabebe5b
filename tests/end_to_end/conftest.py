"""The miniature, run once to its end as README.md says, and copies of it for tests to work on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from tests.conftest import copy_checkout, make_in, run_in
from tests.documentation import README, commands
from tests.end_to_end.runs import said


@pytest.fixture(scope="session")
def finished(shared: Path) -> Path:
    """A clone in which `make demo` was typed; all processes of this test run have it in common."""
    folder = shared / "distilbeto"
    with FileLock(shared / "demo.lock"):
        if not (folder / "demo.txt").exists():
            for left in (folder, shared / "origin"):
                shutil.rmtree(left, ignore_errors=True)
            clone(shared)
            (folder / "demo.txt").write_text(said(make_in(folder, "demo")))
    return folder


def clone(place: Path) -> None:
    """`git clone`, as README.md has it, from a repository that holds this checkout as it stands."""
    (place / "origin").mkdir()
    origin = copy_checkout(place / "origin")
    said(run_in(origin, "git", "init"))
    said(run_in(origin, "git", "add", "."))
    person = ["-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"]
    said(run_in(origin, "git", *person, "commit", "-m", "all"))
    (command,) = commands(README, "git")
    words, _, rest = command.replace("...", str(origin)).partition(" && ")
    assert rest == "cd distilbeto"
    said(run_in(place, *words.split()))


@pytest.fixture(scope="module")
def miniature(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the finished one for the tests of a file, which may change it."""
    folder = tmp_path_factory.mktemp("miniature") / "distilbeto"
    yield Path(shutil.copytree(finished, folder, symlinks=True))
    shutil.rmtree(folder)
