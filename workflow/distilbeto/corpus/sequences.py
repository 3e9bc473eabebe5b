"""From the tokens of lines to the sequences of a shard: cut, between special tokens, filtered. Pure array functions."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.settings import SequenceRules
from distilbeto.tokenizer.template import Template


class Counts(NamedTuple):
    """How many lines were read, what became of their pieces (kept, short or unknown), and what was repaired.

    cut: lines over max_tokens; empty: lines without tokens; byte_order_marks, carriage_returns, nuls: removed;
    nfc_normalized: lines whose letters and accents were composed.
    """

    lines: int = 0
    kept: int = 0
    cut: int = 0
    short: int = 0
    unknown: int = 0
    empty: int = 0
    byte_order_marks: int = 0
    carriage_returns: int = 0
    nuls: int = 0
    nfc_normalized: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def recorded(self) -> dict[str, int]:
        """As a shard holds them. nfc_normalized came later: without it, shards keep their bytes."""
        return {name: count for name, count in self._asdict().items() if count or name != "nfc_normalized"}


class Sequences(NamedTuple):
    """Kept sequences, one after the other, with their special tokens."""

    tokens: NDArray[Any]  # [tokens]
    lengths: NDArray[np.int64]  # [sequences], special tokens counted
    counts: Counts


class Pieces(NamedTuple):
    """Slices of flat tokens: piece i is the `lengths[i]` tokens from `starts[i]`."""

    starts: NDArray[np.int64]  # [pieces]
    lengths: NDArray[np.int64]  # [pieces]


def make_sequences(
    tokens: NDArray[Any],
    unknown_tokens: NDArray[np.bool_],
    lengths: NDArray[np.int64],
    rules: SequenceRules,
    template: Template,
) -> Sequences:
    """The sequences of lines: `tokens` [tokens] without special ones, of which each line has `lengths` [lines].

    A line over max_tokens is cut into pieces, each with its own special tokens. A sequence under min_tokens is dropped
    as short, then one with a rate of UNK (`unknown_tokens` [tokens]) of at least max_unk_rate as unknown. Lengths and
    rates count special tokens.
    """
    special = template.special(pair=False)
    pieces = cut_into_pieces(lengths, rules.max_tokens - special)
    short = pieces.lengths + special < rules.min_tokens  # [pieces]
    rates = _count_in_pieces(unknown_tokens, pieces) / (pieces.lengths + special)  # [pieces]
    unknown = ~short & (rates >= rules.max_unk_rate)
    kept = ~(short | unknown)
    counts = Counts(
        lines=lengths.size,
        kept=int(kept.sum()),
        cut=int((lengths > rules.max_tokens - special).sum()),
        short=int(short.sum()),
        unknown=int(unknown.sum()),
        empty=int((lengths == 0).sum()),
    )
    chosen = Pieces(pieces.starts[kept], pieces.lengths[kept])
    return Sequences(_framed(tokens, chosen, template), chosen.lengths + special, counts)


def cut_into_pieces(lengths: NDArray[np.int64], longest: int) -> Pieces:
    """Cut lines of `lengths` [lines] tokens into pieces of `longest` tokens; the last piece of a line has the rest."""
    piece_counts = -(-lengths // longest)  # [lines]
    line = np.repeat(np.arange(lengths.size), piece_counts)  # [pieces]
    done = _position_in_group(piece_counts) * longest  # [pieces], tokens of the line before the piece
    return Pieces((np.cumsum(lengths) - lengths)[line] + done, np.minimum(lengths[line] - done, longest))


def _framed(tokens: NDArray[Any], pieces: Pieces, template: Template) -> NDArray[Any]:
    """The pieces one after the other, each as `template` has it: [tokens]."""
    lengths = pieces.lengths + template.special(pair=False)  # [pieces]
    ends = np.cumsum(lengths)  # [pieces]
    framed = np.empty(int(lengths.sum()), tokens.dtype)
    content = np.ones(framed.size, bool)
    for first, ids in ((ends - lengths, template.start), (ends - len(template.end), template.end)):
        for place, token in enumerate(ids):
            content[first + place], framed[first + place] = False, token
    framed[content] = tokens[np.repeat(pieces.starts, pieces.lengths) + _position_in_group(pieces.lengths)]
    return framed


def _position_in_group(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, ..., sizes[0] - 1, 0, 1, ..., sizes[1] - 1, ..."""
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _count_in_pieces(marked: NDArray[np.bool_], pieces: Pieces) -> NDArray[np.int64]:
    """The number of tokens of each piece that are `marked` [tokens]: [pieces]."""
    before: NDArray[np.int64] = np.concatenate([[0], np.cumsum(marked)])
    counts: NDArray[np.int64] = before[pieces.starts + pieces.lengths] - before[pieces.starts]
    return counts
