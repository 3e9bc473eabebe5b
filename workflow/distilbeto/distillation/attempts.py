"""Finished segments, kept for a second attempt of the job that trained them.

A job may train several segments, one after the other. When it fails in the last, Snakemake deletes what all of them
have made: hard links to it remain, under a name that says what it was made from. They take no space while the result
is there.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distilbeto.storage.files import fingerprint_of, sha256_of


def key_of(settings: Mapping[str, Any], files: Mapping[str, Path]) -> str:
    """The name of a segment that is trained with `settings` from `files`, whose content counts."""
    return fingerprint_of({"settings": settings, "files": {name: sha256_of(path) for name, path in files.items()}})


def restore(folder: Path, key: str, outputs: list[Path]) -> bool:
    """Bring back what an earlier attempt made under `key`; False if there is nothing."""
    kept = _names(folder, key, outputs)
    if not all(path.exists() for path in kept):
        return False
    for path, output in zip(kept, outputs, strict=True):
        output.unlink(missing_ok=True)
        os.link(path, output)
    logging.info("%s is that of an earlier attempt", outputs[0])
    return True


def keep(folder: Path, key: str, outputs: list[Path]) -> None:
    """Keep `outputs` under `key`, and forget what has no result any more: it was not taken up again."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.stat().st_nlink == 1:
            path.unlink()
    try:
        for path, output in zip(_names(folder, key, outputs), outputs, strict=True):
            path.unlink(missing_ok=True)
            os.link(output, path)
    except OSError as error:
        logging.info("not kept for a second attempt: %s", error.strerror)


def _names(folder: Path, key: str, outputs: list[Path]) -> list[Path]:
    return [folder / f"{key}{output.suffix}" for output in outputs]
