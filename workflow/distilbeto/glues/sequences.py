"""Sequences of token ids as the encoders read them: one text or two, framed by the tokenizer's special tokens."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from distilbeto.job.progress import progress
from distilbeto.storage.arrays import token_dtype
from distilbeto.tokenizer import LoadedTokenizer

Item = TypeVar("Item")
CHUNK = 1000


class Encoded(NamedTuple):
    """The arrays of a features file, and what was counted while they were made."""

    arrays: dict[str, NDArray[Any]]
    counts: dict[str, int]


class Sequences(NamedTuple):
    """Token ids of each sequence, and where its tokens of type 1 begin (its length if there are none)."""

    ids: list[list[int]]
    second_starts: list[int]

    def add(self, tokenizer: LoadedTokenizer, first: Sequence[int], second: Sequence[int] | None = None) -> None:
        self.ids.append(tokenizer.template.framed(first, second))
        self.second_starts.append(tokenizer.template.second_start(len(first), None if second is None else len(second)))


def longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens two segments of `first` and `second` tokens keep in `room`: the longer loses tokens first.

    Of two that are both too long, each keeps half; the first has the odd token.
    """
    kept_first = min(first, max(room - second, room - room // 2))
    return kept_first, min(second, room - kept_first)


def chunks(items: Sequence[Item]) -> Iterator[list[Item]]:
    """`items` in lists that the tokenizer encodes at once, with progress."""
    iterator = progress(items, total=len(items), unit="examples")
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def flat(parts: Iterable[Iterable[int]], dtype: DTypeLike) -> NDArray[Any]:
    """All numbers of `parts`, one part after the other."""
    return np.fromiter((number for part in parts for number in part), dtype)


def sequence_arrays(sequences: Sequences, vocab_size: int) -> dict[str, NDArray[Any]]:
    """input_ids (flat, uint16 where the vocabulary allows), offsets int64 [n + 1], second_start int32 [n]."""
    lengths = np.fromiter(map(len, sequences.ids), np.int64)
    return {
        "input_ids": flat(sequences.ids, token_dtype(vocab_size)),
        "offsets": np.concatenate([[0], lengths.cumsum()]).astype(np.int64),
        "second_start": np.asarray(sequences.second_starts, np.int32),
    }
