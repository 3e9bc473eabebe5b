"""The lengths of the sequences of a corpus, counted from the offsets of its shards; tokens are not read."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.shards import Shard
from distilbeto.errors import UserError
from distilbeto.storage.files import write_text

COLUMNS = ["length", "sequences"]
CHUNK_SEQUENCES = 2**22


def length_counts(shards: Iterable[Shard]) -> NDArray[np.int64]:
    """The number of sequences of each length in tokens, CLS and SEP counted: [longest + 1]."""
    counts = np.zeros(1, np.int64)
    for shard in shards:
        offsets = shard.offsets
        for start in range(0, shard.sequences, CHUNK_SEQUENCES):
            lengths = np.diff(offsets[start : start + CHUNK_SEQUENCES + 1]).astype(np.int64)
            found = np.bincount(lengths, minlength=counts.size)
            found[: counts.size] += counts
            counts = found
    return counts


def write_lengths(path: Path, counts: NDArray[np.int64]) -> None:
    """Write `counts` [longest + 1] as a table of two columns, a row for each length that occurs."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((length, int(counts[length])) for length in np.flatnonzero(counts))
    write_text(path, table.getvalue())


def read_lengths(path: Path) -> NDArray[np.int64]:
    """The counts [longest + 1] that `write_lengths` wrote.

    Raises:
        UserError: it is another table, or empty.
    """
    header, *rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines())) or [[]]
    if header != COLUMNS or not rows:
        raise UserError(f"expected a table of {' and '.join(COLUMNS)} with at least one row", where=path)
    table = np.array(rows, np.int64)
    return np.bincount(table[:, 0], weights=table[:, 1]).astype(np.int64)
