"""Processes to be killed, or starved of disk: forks of the test, since importing torch anew takes too long.

What strikes them strikes at a count of function calls or of written bytes, never after a time.
"""

import ctypes
import os
import resource
import runpy
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn

SECONDS_TO_HANG = 100
NOT_PERMITTED = 77


class Fault(NamedTuple):
    """What kills a process: a signal at its nth call of a function, or the byte of a file that it may not write."""

    signal: int
    calls: int = sys.maxsize
    bytes: int = resource.RLIM_INFINITY


def run_script(words: list[str]) -> NoReturn:
    """Become the script."""
    sys.argv = words
    runpy.run_path(words[0], run_name="__main__")
    sys.exit(0)


def fork(job: Callable[[], None], log: Path) -> int:
    """Run `job` in a process of its own; returns its exit status, or minus the signal that ended it."""
    process = os.fork()
    if process:
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    status = 70
    try:
        signal.alarm(SECONDS_TO_HANG)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        sys.stdout = sys.stderr = log.open("w", buffering=1)
        job()
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def strike(fault: Fault) -> None:
    """Let `fault` happen to this process."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")
        if calls >= fault.calls:
            sys.setprofile(None)
            os.kill(os.getpid(), fault.signal)

    if fault.bytes != resource.RLIM_INFINITY:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (fault.bytes, fault.bytes))
    else:
        sys.setprofile(count)


@contextmanager
def counting(function: str) -> Iterator[list[int]]:
    """How many functions have been called where `function` begins, where it ends, and in all."""
    marks, calls = [], 0

    def count(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")
        if frame.f_code.co_name == function and event in ("call", "return"):
            marks.append(calls)

    sys.setprofile(count)
    try:
        yield marks
    finally:
        sys.setprofile(None)
        marks.append(calls)


def enter_small_disk(folder: Path, size: int) -> None:
    """Mount a file system of `size` bytes in a namespace of this process's own: no one else sees it, no root needed."""
    library, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    clone_newuser, clone_newns = 0x10000000, 0x00020000
    if library.unshare(clone_newuser | clone_newns):
        sys.exit(NOT_PERMITTED)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    if library.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()):
        sys.exit(NOT_PERMITTED)


def limit_files(_folder: Path, size: int) -> None:
    """Refuse files over `size` bytes, as quotas and some file systems do."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
