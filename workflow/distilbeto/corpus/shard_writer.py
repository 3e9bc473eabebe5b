"""Write a shard: the token sequences of one byte range of a corpus file."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.storage.arrays import write_arrays

FORMAT = "shard-2"


def tokens_sha256(tokens: NDArray[Any], offsets: NDArray[np.uint64]) -> str:
    """The checksum of a shard's content: of its tokens, then of its offsets, as little-endian bytes."""
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(tokens).data)
    digest.update(np.ascontiguousarray(offsets).data)
    return digest.hexdigest()


def write_shard(path: Path, tokens: NDArray[Any], offsets: NDArray[np.uint64], metadata: Mapping[str, Any]) -> None:
    """Write `tokens` [tokens] and `offsets` [sequences + 1]: sequence i is tokens[offsets[i]:offsets[i + 1]].

    `metadata` names at least `tokenizer` (fingerprint) and `vocab_size`; the checksum and the number of tokens of the
    longest sequence are added here.
    """
    content = {"tokens": tokens, "offsets": offsets}
    found = {"longest": int(np.diff(offsets).max(initial=0)), "tokens_sha256": tokens_sha256(tokens, offsets)}
    write_arrays(path, FORMAT, content, {**metadata, **found})
