"""The checkpoints of a run in progress: outside the workflow's outputs, so that they survive its end, and guarded.

A folder holds fingerprint.json, which says what its checkpoints were made from, and checkpoint-STEP folders as
transformers.Trainer writes them, trainer_state.json last.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.storage.files import read_json, write_json

RECORD = "fingerprint.json"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the checkpoints `folder` against a second process.

    Raises:
        UserError: another process holds it.
    """
    from filelock import FileLock, Timeout

    path = folder.with_name(f".{folder.name}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout:
        raise UserError(
            "another process is training this run", where=folder, remedy="Wait for it, or end it."
        ) from None


def open_checkpoints(folder: Path, fingerprint: str) -> int:
    """Prepare `folder` for a run of this fingerprint; checkpoints of any other are removed.

    Returns how often the run was started before.

    Raises:
        UserError: the folder holds something else than checkpoints.
    """
    starts = 0
    if (folder / RECORD).is_file():
        record = read_json(folder / RECORD)
        starts = record["starts"] if record["fingerprint"] == fingerprint else 0
    elif folder.is_dir() and any(folder.iterdir()):
        raise UserError(
            f"the folder is not empty and has no {RECORD}", where=folder, remedy="Name another for --checkpoints."
        )
    if not starts:
        shutil.rmtree(folder, ignore_errors=True)
    write_json(folder / RECORD, {"fingerprint": fingerprint, "starts": starts + 1})
    return starts


def last_checkpoint(folder: Path) -> Path | None:
    """The newest whole checkpoint; what a kill left of others is removed."""
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_whole(checkpoint):
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return max(whole, key=lambda path: int(path.name.removeprefix("checkpoint-")), default=None)


def _is_whole(checkpoint: Path) -> bool:
    try:
        read_json(checkpoint / "trainer_state.json")
    except UserError:
        return False
    return True
