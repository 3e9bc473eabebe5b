"""Finished segments of a failed job, for its next attempt.

A job may train several segments, one after the other. When it fails in the last one, Snakemake deletes the outputs of
all of them. Hard links to these outputs remain in a folder, named after what they were made from. They take no space
while the outputs exist.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distilbeto.storage.files import fingerprint_of, sha256_of


def attempt_key(settings: Mapping[str, Any], files: Mapping[str, Path]) -> str:
    """The name of a segment: a fingerprint of `settings` and of the content of `files`."""
    return fingerprint_of({"settings": settings, "files": {name: sha256_of(path) for name, path in files.items()}})


def restore_attempt(folder: Path, key: str, outputs: list[Path]) -> bool:
    """Link what an earlier attempt saved under `key` to `outputs`; False if nothing was saved."""
    saved = _names(folder, key, outputs)
    if not all(path.exists() for path in saved):
        return False
    for path, output in zip(saved, outputs, strict=True):
        output.unlink(missing_ok=True)
        os.link(path, output)
    logging.info("%s is taken from an earlier attempt", outputs[0])
    return True


def save_attempt(folder: Path, key: str, outputs: list[Path]) -> None:
    """Save `outputs` under `key`, and delete saved files whose outputs are gone: no attempt took them up."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        if path.stat().st_nlink == 1:
            path.unlink()
    try:
        for path, output in zip(_names(folder, key, outputs), outputs, strict=True):
            path.unlink(missing_ok=True)
            os.link(output, path)
    except OSError as error:
        logging.info("not saved for another attempt: %s", error.strerror)


def _names(folder: Path, key: str, outputs: list[Path]) -> list[Path]:
    return [folder / f"{key}{output.suffix}" for output in outputs]
