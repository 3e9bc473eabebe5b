"""Run a script in several processes of this machine with torchrun, and end as one program: one message, one status.

torchrun alone would print a traceback of its own after an error, and end with status 1 on a signal.
"""

import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.errors import UserError

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

SECONDS_TO_END = 15  # SLURM kills 30 seconds after it asks to end


def launched() -> bool:
    """Whether torchrun or `launch` started this process."""
    return "WORLD_SIZE" in os.environ


def launch(processes: int, command: Sequence[str]) -> None:
    """Run `command`, a Python script and its arguments, in `processes` processes; returns when all have succeeded.

    Raises:
        UserError: one of them was killed.
        SystemExit: one of them failed and has reported why, or this process got a signal to end.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torchrun would set it, with a warning
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    logging.disable()  # the processes report their own errors
    options = ["--standalone", f"--nproc-per-node={processes}", f"--shutdown-timeout={SECONDS_TO_END}"]
    try:
        run.run(run.parse_args([*options, *command]))  # type: ignore[no-untyped-call]
    except SignalException as ending:
        sys.exit(128 + ending.sigval)
    except ChildFailedError as error:
        _assert_none_killed(error)
        sys.exit(1)
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def log_how_to_resume(state: Path) -> Iterator[None]:
    """If a signal ends the block, log how to resume."""
    try:
        yield
    except SystemExit as ending:
        if ending.code in (128 + signal.SIGTERM, 128 + signal.SIGINT) and not launched():
            logging.info("ended by a signal: %s is whole, and the same command resumes from it", state)
        raise


def _assert_none_killed(error: "ChildFailedError") -> None:
    for rank, failure in sorted(error.failures.items()):
        if failure.exitcode < 0 and -failure.exitcode != signal.SIGTERM:
            raise UserError(
                f"process {rank} was killed by {signal.Signals(-failure.exitcode).name}",
                remedy="SIGKILL often means a lack of memory: lower micro_batch_tokens. The previous state is whole.",
            ) from None
