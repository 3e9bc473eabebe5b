"""Processes that are started together end as one program does: with one status, and no word that they have not said."""

import logging
import os
import signal
import sys
from pathlib import Path

import pytest
from tests.forks import fork

from distilbeto.distillation.launch import launch, log_how_to_resume
from distilbeto.errors import UserError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks as Linux has them")

PREAMBLE = "import os, signal, sys\nrank = os.environ['RANK']\n"


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.py"


def test_each_process_knows_its_rank_and_gets_the_arguments(script: Path, tmp_path: Path) -> None:
    script.write_text(PREAMBLE + "open(sys.argv[1] + rank, 'w').write(os.environ['WORLD_SIZE'])")
    assert fork(lambda: launch(2, [str(script), str(tmp_path / "rank")]), tmp_path / "log") == 0
    assert [(tmp_path / f"rank{rank}").read_text() for rank in (0, 1)] == ["2", "2"]
    assert (tmp_path / "log").read_text() == ""


def test_one_that_fails_gives_its_message_and_the_status_1(script: Path, tmp_path: Path) -> None:
    script.write_text(PREAMBLE + "sys.exit('error: one' if rank == '1' else signal.pause())")

    def job() -> None:
        os.dup2(sys.stderr.fileno(), 2)
        launch(2, [str(script)])

    assert fork(job, tmp_path / "log") == 1
    assert (tmp_path / "log").read_text() == "error: one\n"


def test_one_that_is_killed_is_named(script: Path, tmp_path: Path) -> None:
    script.write_text(PREAMBLE + "os.kill(os.getpid(), signal.SIGKILL) if rank == '1' else signal.pause()")

    def job() -> None:
        with pytest.raises(UserError, match="process 1 was killed by SIGKILL"):
            launch(2, [str(script)])

    assert fork(job, tmp_path / "log") == 0, (tmp_path / "log").read_text()


def test_a_request_to_end_ends_all_and_says_how_to_go_on(script: Path, tmp_path: Path) -> None:
    script.write_text(PREAMBLE + "rank == '1' and os.kill(os.getppid(), signal.SIGTERM)\nsignal.pause()")

    def job() -> None:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s", force=True)
        with log_how_to_resume(Path("step-7")):
            launch(2, [str(script)])

    assert fork(job, tmp_path / "log") == 128 + signal.SIGTERM
    line = "ended by a signal: step-7 is whole, and the same command resumes from it\n"
    assert (tmp_path / "log").read_text() == line


def test_an_error_is_no_request_to_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(SystemExit), log_how_to_resume(Path("step-7")):
        sys.exit(1)
    assert caplog.text == ""
    assert "WORLD_SIZE" not in os.environ
