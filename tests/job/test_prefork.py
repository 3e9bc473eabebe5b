"""A script run by the server behaves as one run by a new interpreter."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
preloaded = "torch" in sys.modules
from distilbeto.job.cli import argument_parser, start
from distilbeto.errors import UserError

def main(arguments):
    print("out", arguments.word, os.getcwd(), os.environ["MARK"], preloaded)
    print("err", file=sys.stderr)
    if arguments.word == "fail":
        raise UserError("what is wrong", where="file.txt", line=3)
    if arguments.word == "wait":
        import time
        print("waiting", flush=True)
        try:
            time.sleep(60)
        finally:
            open("ended", "w").close()

parser = argument_parser(__doc__)
parser.add_argument("word")
start(main, parser, torch=True)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks after imports only on Linux")


def prefork(tmp_path: Path, *command: str) -> list[str]:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    return [sys.executable, "-m", "distilbeto.job.prefork", *command]


def test_output_directory_environment_and_status(tmp_path: Path) -> None:
    environment = os.environ | {"MARK": "niño"}
    shell = 'python script.py hola; echo "status $?"; python script.py fail; echo "status $?"'
    ran = subprocess.run(
        prefork(tmp_path, "sh", "-c", shell),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.stdout.splitlines() == [
        f"out hola {tmp_path} niño True",
        "status 0",
        f"out fail {tmp_path} niño True",
        "status 1",
    ]
    assert "error: file.txt, line 3: what is wrong" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_killed_script_takes_its_job_with_it(tmp_path: Path) -> None:
    environment = os.environ | {"MARK": ""}
    shell = (
        "python script.py wait & script=$!; while ! grep -q waiting log; do sleep 0.1; done; kill -9 $script; sleep 2"
    )
    with (tmp_path / "log").open("w") as log:
        ran = subprocess.run(
            prefork(tmp_path, "sh", "-c", shell),
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=log,
            timeout=100,
            check=False,
        )
    assert ran.returncode == 0
    assert (tmp_path / "ended").exists()


def test_the_status_of_the_command_is_passed_on(tmp_path: Path) -> None:
    assert (
        subprocess.run(prefork(tmp_path, "sh", "-c", "exit 7"), cwd=tmp_path, timeout=100, check=False).returncode == 7
    )


def interruptible() -> None:
    """A shell starts background jobs deaf to interrupts; the tests may run in one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_reaches_the_command_and_leaves_no_process(tmp_path: Path) -> None:
    command = prefork(tmp_path, "sh", "-c", "echo started; exec sleep 60")
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=interruptible
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) != 0
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(("own", "expected"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")])
def test_threads_of_torch_sleep_while_they_wait_unless_told_otherwise(
    own: dict[str, str], expected: str, tmp_path: Path
) -> None:
    asked = SCRIPT.replace('print("out"', 'print(os.environ["OMP_WAIT_POLICY"], "torch" in sys.modules, "out"')
    (tmp_path / "script.py").write_text(asked, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | {"MARK": "m"} | own
    ran = subprocess.run(
        [sys.executable, "script.py", "hola"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith(f"{expected} False")  # set before torch is imported, which reads it then
