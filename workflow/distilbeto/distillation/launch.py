"""Run a script in several processes of this machine, as torchrun does, and end as one program: one message, one status.

torchrun itself would follow an error by a traceback of its own, and end with status 1 when it is told to end.
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
    """Is this one of the processes that torchrun, or `launch`, started?"""
    return "WORLD_SIZE" in os.environ


def launch(processes: int, command: Sequence[str]) -> None:
    """Run `command`, a Python script and its arguments, in `processes` processes; returns when all have ended well.

    Raises:
        UserError: one of them was killed.
        SystemExit: one of them failed and has said why, or this process was told to end.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torchrun would set it, and say so
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing.api import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    logging.disable()  # what torchrun says of its processes, they have said
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
def telling_how_to_go_on(state: Path) -> Iterator[None]:
    """Where a signal ends the block, say in the log that nothing is lost."""
    try:
        yield
    except SystemExit as ending:
        if ending.code in (128 + signal.SIGTERM, 128 + signal.SIGINT) and not launched():
            logging.info("told to end: %s is whole, and the same command goes on from it", state)
        raise


def _assert_none_killed(error: "ChildFailedError") -> None:
    for rank, failure in sorted(error.failures.items()):
        if failure.exitcode < 0 and -failure.exitcode != signal.SIGTERM:
            raise UserError(
                f"process {rank} was killed by {signal.Signals(-failure.exitcode).name}",
                remedy="SIGKILL often means a lack of memory: lower micro_batch_tokens. The previous state is whole.",
            ) from None
