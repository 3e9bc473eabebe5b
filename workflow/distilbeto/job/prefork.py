"""Import once, fork for each job.

    python -m distilbeto.job.prefork snakemake --cores 2 ...

Importing torch and transformers takes longer than a small job runs. This command imports them while Snakemake starts,
and every script of the run that needs them is forked from here in place of a new interpreter. The scripts, their
arguments, their files and their results are the same with it and without it; it lives as long as the command it runs.
Only third-party packages are imported before the fork: the code of this package is always read anew.
"""

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

SOCKET_VARIABLE = "DISTILBETO_PREFORK"
MAX_MESSAGE = 1 << 20
SECONDS_BETWEEN_LOOKS = 5.0  # at whether the command still runs


def hand_over() -> None:
    """In a script: let the server run it, if there is one, and end with its status; otherwise return."""
    address = os.environ.get(SOCKET_VARIABLE)
    if not address:
        return
    request = {"argv": sys.argv, "directory": os.getcwd(), "environment": dict(os.environ)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(address)
        socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
        status = connection.recv(16)
    sys.exit(int(status) if status else 1)


def let_waiting_threads_sleep() -> None:
    """Before torch is imported, which reads it then. Threads that spin while they wait for each other's operation cost
    nothing on a quiet machine; where another process takes the core of one of them, all spin until it is back."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def main(command: list[str]) -> int:
    """Run `command` with a server beside it; return its exit status."""
    if sys.platform != "linux":
        return subprocess.run(command, check=False).returncode
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        address = str(Path(folder) / "socket")
        listener.bind(address)
        listener.listen(128)
        process = subprocess.Popen(command, env=os.environ | {SOCKET_VARIABLE: address})
        server = os.fork()
        if server == 0:
            _serve(listener)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return process.wait()
        finally:
            os.kill(server, signal.SIGTERM)
            os.waitpid(server, 0)


def _serve(listener: socket.socket) -> NoReturn:
    import gc

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    command = os.getppid()
    _import_heavy_packages()
    gc.freeze()
    listener.settimeout(SECONDS_BETWEEN_LOOKS)
    while os.getppid() == command:
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                os._exit(_supervise(connection))
            connection.close()
    os._exit(1)


def _import_heavy_packages() -> None:
    let_waiting_threads_sleep()
    import safetensors.torch  # noqa: F401
    import torch  # noqa: F401
    from transformers import AutoModelForMaskedLM, Trainer  # noqa: F401


def _supervise(connection: socket.socket) -> int:
    """Fork the job, report its status, and end it when the script that asked for it is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    message, descriptors, _, _ = socket.recv_fds(connection, MAX_MESSAGE, 3)
    job = os.fork()
    if job == 0:
        connection.close()
        _run(json.loads(message), descriptors)
    reaping = threading.Lock()
    threading.Thread(target=_end_with_client, args=(connection, job, reaping), daemon=True).start()
    os.waitid(os.P_PID, job, os.WEXITED | os.WNOWAIT)
    reaping.acquire()
    status = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    connection.send(str(status if status >= 0 else 128 - status).encode())
    return 0


def _end_with_client(connection: socket.socket, job: int, reaping: threading.Lock) -> None:
    connection.recv(1)
    with reaping:  # never released once the job is reaped: its number may be another process's by then
        os.kill(job, signal.SIGTERM)


def _run(request: dict[str, object], descriptors: list[int]) -> NoReturn:
    """Become the script: its standard streams, directory, environment and arguments."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    os.chdir(str(request["directory"]))
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    del os.environ[SOCKET_VARIABLE]
    sys.argv = list(request["argv"])  # type: ignore[call-overload]
    _forget_own_modules()
    status = 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _forget_own_modules() -> None:
    for name in [name for name in sys.modules if name == "distilbeto" or name.startswith("distilbeto.")]:
        del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
