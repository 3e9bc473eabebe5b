"""Features as models take them: a memory-mapped file, its sequences as a data set, batches padded to their longest."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.job.renames import renamed
from distilbeto.storage.arrays import open_arrays
from distilbeto.storage.files import sha256_of
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    import torch

FORMAT = "features-1"
TARGETS = ("labels", "start_positions", "end_positions")
IGNORED_LABEL = -100
OUTSIDE = -1

Item = dict[str, Any]
Collate = Callable[[Sequence[Item]], "dict[str, torch.Tensor]"]


class Features(NamedTuple):
    """The arrays of a features file, on disk, and its metadata."""

    path: Path
    arrays: Mapping[str, NDArray[Any]]
    metadata: Mapping[str, Any]

    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sequence."""
        return np.diff(self.arrays["offsets"])


def open_features(path: Path, tokenizer: LoadedTokenizer) -> Features:
    """Open the features that `tokenizer` made.

    Raises:
        UserError: no features file, or that of another tokenizer.
    """
    arrays, metadata = open_arrays(path, FORMAT)
    if metadata["tokenizer"] != tokenizer.fingerprint:
        raise UserError(
            f"made with the tokenizer {metadata['tokenizer']}, expected {tokenizer.fingerprint}",
            where=path,
            remedy="Encode the data set again with this tokenizer.",
        )
    return Features(path, {name: np.asarray(array) for name, array in arrays.items()}, metadata)


def check_task(features: Features, kind: TaskKind, labels: Sequence[str]) -> None:
    """Refuse features of another task. Those of an earlier version name the kind as it was called then.

    Raises:
        UserError: naming the kind and labels found and expected.
    """
    found = (renamed(features.metadata["kind"], "kind"), features.metadata["labels"])
    if found != (kind, list(labels)):
        raise UserError(
            f"made for {found[0]} with the labels {found[1]}, expected {kind} with {list(labels)}", where=features.path
        )


def check_examples(features: Features, examples: Path) -> None:
    """Refuse examples that `features` were not made from.

    Raises:
        UserError: naming both checksums.
    """
    found, expected = sha256_of(examples), features.metadata["examples_sha256"]
    if found != expected:
        raise UserError(
            f"its SHA-256 is {found}, but {features.path} was made from {expected}",
            where=examples,
            remedy="Encode the data set again.",
        )


def summary_of(path: Path, metadata: Mapping[str, Any]) -> str:
    """One line that says how much a features file holds, what was cut off, and what the tokenizer does not know."""
    counts = dict(metadata["counts"])
    examples, windows, tokens, unknown = (
        counts.pop(name) for name in ("examples", "windows", "tokens", "unknown_tokens")
    )
    rest = "".join(f", {count} {name.replace('_', ' ')}" for name, count in counts.items())
    return (
        f"{path.name}: {examples} examples, {windows} sequences, {tokens} tokens, "
        f"{unknown} unknown ({metadata['unknown_share']:.2%}){rest}"
    )


class SequenceDataset:
    """A map-style data set for torch: item i is a dict of views of the file, without copies."""

    def __init__(self, features: Features) -> None:
        self.features = features

    def __len__(self) -> int:
        return len(self.features.arrays["second_start"])

    def __getitem__(self, index: int) -> Item:
        arrays = self.features.arrays
        start, end = arrays["offsets"][index], arrays["offsets"][index + 1]
        item = {"input_ids": arrays["input_ids"][start:end], "second_start": arrays["second_start"][index]}
        if "token_labels" in arrays:
            return item | {"token_labels": arrays["token_labels"][start:end]}
        return item | {name: arrays[name][index] for name in TARGETS if name in arrays}


def collator(pad: int, *, token_types: bool) -> Collate:
    """A function from items to the tensors of a batch, int64, padded to its longest sequence.

    input_ids and attention_mask [batch, length]; with `token_types` token_type_ids [batch, length]; labels
    [batch], [batch, length] or [batch, labels], or start_positions and end_positions [batch]. Numbers as labels are
    float32 [batch]; a fraction elsewhere is a TypeError, since rounded down in silence it would be another target.
    """

    def collate(items: Sequence[Item]) -> "dict[str, torch.Tensor]":
        import torch

        lengths = np.array([len(item["input_ids"]) for item in items])
        positions = np.arange(lengths.max())
        real = positions < lengths[:, None]
        batch = {
            "input_ids": _padded([item["input_ids"] for item in items], real, pad),
            "attention_mask": real.astype(np.int64),
        }
        if token_types:
            second = positions >= np.array([item["second_start"] for item in items])[:, None]
            batch["token_type_ids"] = (second & real).astype(np.int64)
        if "token_labels" in items[0]:
            batch["labels"] = _padded([item["token_labels"] for item in items], real, IGNORED_LABEL)
        for name in TARGETS:
            if name in items[0]:
                values = np.stack([item[name] for item in items])
                numbers = name == "labels" and values.dtype == np.float32
                batch[name] = values if numbers else values.astype(np.int64, casting="safe")
        return {name: torch.from_numpy(array) for name, array in batch.items()}

    return collate


def _padded(rows: Sequence[NDArray[Any]], real: NDArray[np.bool_], filler: int) -> NDArray[np.int64]:
    padded = np.full(real.shape, filler, np.int64)
    padded[real] = np.concatenate(rows, dtype=np.int64, casting="safe")
    return padded
