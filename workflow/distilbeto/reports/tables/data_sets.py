"""What readers saw in each data set, and what each tokenizer makes of it."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.glues.features import FORMAT
from distilbeto.storage.arrays import find_arrays
from distilbeto.storage.files import read_record

KEYS = ("dataset", "reader", "examples", "labels", "repairs", "sha256")
COLUMNS = (
    "dataset",
    "reader",
    "examples",
    "labels",
    "repairs",
    "tokenizer",
    "task",
    "max_length",
    "sequences",
    "tokens",
    "unknown_tokens",
    "unknown_share",
    "truncated",
    "lost_words",
    "answers_lost",
    "nfc_normalized",
)


def data_sets_csv(manifests: Sequence[Path], features: Sequence[Path]) -> str:
    """A row for each of `features`, named {tokenizer}/{dataset}-{task}-{max_length}, beside what its data set holds.

    Shares are of the tokens but CLS and SEP. A data set without features has one row; a count that a kind of task does
    not have is empty.

    Raises:
        UserError: a file is not what its place says, or features were made from other examples.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for path in manifests:
        manifest = read_record(path, KEYS)
        rows = [_encoded(file, manifest) for file in features if _names(file)[0] == manifest["dataset"]]
        writer.writerows(_as_read(manifest) | row for row in rows or [{}])
    return text.getvalue()


def _as_read(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: manifest[name] for name in ("dataset", "reader", "examples")} | {
        name: "; ".join(f"{kind} {count}" for kind, count in manifest[name].items()) for name in ("labels", "repairs")
    }


def _encoded(path: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    metadata = find_arrays(path, FORMAT)[1]
    if metadata["examples_sha256"] != manifest["sha256"]:
        raise UserError(
            f"not made from the examples of {manifest['dataset']} as they are now",
            where=path,
            remedy="Encode the data set again.",
        )
    counts = dict(metadata["counts"])
    del counts["examples"]
    _, task, max_length = _names(path)
    return {
        "tokenizer": path.parent.name,
        "task": task,
        "max_length": max_length,
        "sequences": counts.pop("windows"),
        "unknown_share": f"{metadata['unknown_share']:.6f}",
        **counts,
    }


def _names(path: Path) -> list[str]:
    """Data set, task and length of a features file."""
    names = path.stem.rsplit("-", 2)
    if len(names) < 3:
        raise UserError("not named {dataset}-{task}-{max_length}.safetensors", where=path)
    return names
