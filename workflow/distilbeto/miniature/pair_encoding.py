"""Byte-pair encoding, the same each time: the trainer of `tokenizers` breaks ties at random."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

Pair = tuple[str, str]


def merge(
    splits: list[list[str]],
    counts: Sequence[int],
    vocabulary: dict[str, None],
    vocab_size: int,
    *,
    prefix: str,
) -> list[Pair]:
    """Add the most frequent pair until the vocabulary is full; ties go by the alphabet.

    `prefix` of the second piece falls away. Returns the merged pairs in their order.
    """
    merges: list[Pair] = []
    frequency: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for number, pieces in enumerate(splits):
        _count(pieces, counts[number], frequency)
        for pair in pairwise(pieces):
            places[pair].add(number)
    while len(vocabulary) < vocab_size and (best := _most_frequent(frequency)):
        merged = best[0] + best[1].removeprefix(prefix)
        merges.append(best)
        vocabulary[merged] = None
        for number in places.pop(best):
            _count(splits[number], -counts[number], frequency)
            splits[number] = _replaced(splits[number], best, merged)
            _count(splits[number], counts[number], frequency)
            for pair in pairwise(splits[number]):
                places[pair].add(number)
    return merges


def _most_frequent(frequency: Counter[Pair]) -> Pair | None:
    best = min(frequency, key=lambda pair: (-frequency[pair], pair), default=None)
    return best if best and frequency[best] > 0 else None


def _count(pieces: Sequence[str], times: int, frequency: Counter[Pair]) -> None:
    for pair in pairwise(pieces):
        frequency[pair] += times
        if not frequency[pair]:
            del frequency[pair]


def _replaced(pieces: Sequence[str], pair: Pair, merged: str) -> list[str]:
    result: list[str] = []
    for piece in pieces:
        if result and (result[-1], piece) == pair:
            result[-1] = merged
        else:
            result.append(piece)
    return result
