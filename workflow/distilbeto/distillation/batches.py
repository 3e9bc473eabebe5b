"""Cut the sequences of a step into micro-batches that fit into memory."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.shards import ShardSet, sequence_lengths, sequences
from distilbeto.distillation.masking import IGNORED, MaskedSequences, TargetSampler, mask_sequences
from distilbeto.distillation.ranks import ALONE, Ranks
from distilbeto.distillation.settings import Speed

MICRO_BATCH_COST = Speed().micro_batch_cost  # keeps the padding of real text under 3 %


class MicroBatch(NamedTuple):
    """The input of one forward pass; labels are IGNORED where a token is no target."""

    input_ids: NDArray[np.int64]  # [sequences, longest]
    attention_mask: NDArray[np.int64]  # [sequences, longest], 1 where a token is, 0 at padding
    labels: NDArray[np.int64]  # [sequences, longest]


class Batch(NamedTuple):
    """The micro-batches of a step that one rank trains, and the counts by which the step's losses are divided.

    numbers: which micro-batches of the step these are; tokens, padded_tokens: of the whole step, without padding and
    with it; targets: of these micro-batches, or of the whole step once `with_all_targets` has summed them.
    """

    micro_batches: list[MicroBatch]
    numbers: list[int]
    tokens: int
    padded_tokens: int
    targets: int

    @property
    def padding_share(self) -> float:
        return 1 - self.tokens / self.padded_tokens


def read_batch(
    shard_set: ShardSet,
    sampler: TargetSampler,
    epochs: NDArray[np.int64],
    numbers: NDArray[np.int64],
    *,
    pad: int,
    micro_batch_tokens: int,
    micro_batch_cost: int = MICRO_BATCH_COST,
    ranks: Ranks = ALONE,
) -> Batch:
    """Cut the sequences `numbers` [n] of the corpus, in epochs `epochs` [n], and read and mask those of this rank.

    The cut depends only on the lengths of all sequences, and so does who trains which part: both are the same for all
    ranks.
    """
    lengths = sequence_lengths(shard_set, numbers)  # [n]
    groups = cut(lengths, micro_batch_tokens, micro_batch_cost)
    padded = [group.size * int(lengths[group[0]]) for group in groups]
    own = shared_out(padded, ranks.size)[ranks.rank]  # the micro-batches of this rank
    chosen = np.concatenate([np.empty(0, np.int64), *(groups[number] for number in own)])  # [sequences of this rank]
    masked = mask_sequences(sampler, sequences(shard_set, numbers[chosen]), epochs[chosen], numbers[chosen])
    ends = np.cumsum([groups[number].size for number in own], dtype=np.int64)  # [micro-batches of this rank]
    rows = np.split(np.arange(chosen.size), ends[:-1]) if own else []
    return Batch(
        [pad_sequences(masked, group, pad) for group in rows],
        own,
        int(lengths.sum()),
        sum(padded),
        int((masked.labels != IGNORED).sum()),
    )


def cut(lengths: NDArray[np.int64], micro_batch_tokens: int, cost: int = MICRO_BATCH_COST) -> list[NDArray[np.int64]]:
    """Indices into `lengths` [n], longest first, in groups of at most `micro_batch_tokens` tokens, padding counted.

    Fewer groups have more padding: of all cuts, the one with the least padding + `cost` for each group is taken.
    A sequence longer than `micro_batch_tokens` is a group of its own. The longest come first: where memory is
    too small, the first micro-batch fails.
    """
    order = np.argsort(-lengths, kind="stable")
    groups = []
    for begin, end in pairwise(_cheapest_cuts(lengths[order], micro_batch_tokens, cost)):
        rows = _rows_within(int(lengths[order[begin]]), micro_batch_tokens)
        groups += [order[first : min(first + rows, end)] for first in range(begin, end, rows)]
    return groups


def shared_out(tokens: Sequence[int], size: int) -> list[list[int]]:
    """Micro-batches of `tokens` tokens shared out among `size` ranks, those of a rank in rising order.

    The largest goes first, each to the rank that has least so far (Graham 1969): all wait for the slowest rank.
    """
    shares: list[list[int]] = [[] for _ in range(size)]
    loads = [0] * size
    for number in sorted(range(len(tokens)), key=lambda number: -tokens[number]):
        least = loads.index(min(loads))
        shares[least].append(number)
        loads[least] += tokens[number]
    return [sorted(share) for share in shares]


def _cheapest_cuts(ordered: NDArray[np.int64], micro_batch_tokens: int, micro_batch_cost: int) -> list[int]:
    """Where to cut `ordered` [n], falling lengths: positions from 0 to n. A part may need several micro-batches.

    Dynamic programming over the positions where the length changes: least[j] is the least cost up to position j.
    """
    places = np.concatenate([np.flatnonzero(np.diff(ordered, prepend=-1)), [ordered.size]])
    least = np.full(places.size, np.iinfo(np.int64).max)
    least[0], before = 0, np.zeros(places.size, np.int64)
    for place, begin in enumerate(places[:-1]):
        longest, sequences_to = int(ordered[begin]), places[place + 1 :] - begin
        groups = -(-sequences_to // _rows_within(longest, micro_batch_tokens))
        cost = least[place] + sequences_to * longest + groups * micro_batch_cost
        better = cost < least[place + 1 :]
        least[place + 1 :][better], before[place + 1 :][better] = cost[better], place
    cuts, place = [places.size - 1], places.size - 1
    while place:
        place = int(before[place])
        cuts.append(place)
    return [int(places[cut]) for cut in reversed(cuts)]


def _rows_within(longest: int, micro_batch_tokens: int) -> int:
    return max(1, micro_batch_tokens // longest)


def pad_sequences(masked: MaskedSequences, rows: NDArray[np.int64], pad: int) -> MicroBatch:
    """The sequences `rows` [n], padded to the longest of them."""
    lengths = masked.lengths[rows]  # [n]
    real = np.arange(lengths.max()) < lengths[:, None]  # [n, longest]
    begins = (np.cumsum(masked.lengths) - masked.lengths)[rows]  # [n]
    source = (begins[:, None] + np.arange(lengths.max()))[real]  # [tokens of the micro-batch]
    input_ids, labels = np.full(real.shape, pad, np.int64), np.full(real.shape, IGNORED, np.int64)  # [n, longest]
    input_ids[real], labels[real] = masked.inputs[source], masked.labels[source]
    return MicroBatch(input_ids, real.astype(np.int64), labels)
