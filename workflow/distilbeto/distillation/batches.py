"""Cut the sequences of a step into micro-batches that fit into memory."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.shards import ShardSet, sequences
from distilbeto.distillation.masking import IGNORED, MaskedSequences, TargetSampler, mask_sequences


class MicroBatch(NamedTuple):
    """One forward pass: input_ids, attention_mask, labels, each [sequences, longest]; labels IGNORED but at targets."""

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    labels: NDArray[np.int64]


class Batch(NamedTuple):
    """The micro-batches of a step, and what its losses are divided by, however it is cut."""

    micro_batches: list[MicroBatch]
    tokens: int
    targets: int

    @property
    def padding_share(self) -> float:
        return 1 - self.tokens / sum(micro_batch.input_ids.size for micro_batch in self.micro_batches)


def read_batch(
    shard_set: ShardSet,
    sampler: TargetSampler,
    epochs: NDArray[np.int64],
    numbers: NDArray[np.int64],
    *,
    pad: int,
    micro_batch_tokens: int,
) -> Batch:
    """Read, mask and cut the sequences `numbers` [n] of the corpus, as they stand in `epochs` [n]."""
    masked = mask_sequences(sampler, sequences(shard_set, numbers), epochs, numbers)
    micro_batches = [pad_sequences(masked, rows, pad) for rows in cut(masked.lengths, micro_batch_tokens)]
    return Batch(micro_batches, int(masked.lengths.sum()), int((masked.labels != IGNORED).sum()))


def cut(lengths: NDArray[np.int64], micro_batch_tokens: int) -> list[NDArray[np.int64]]:
    """Rows of `lengths` [n] by length, longest first, in groups of at most `micro_batch_tokens` tokens with padding.

    A sequence longer than that is a group of its own. The longest come first so that a lack of memory shows at once.
    """
    order = np.argsort(-lengths, kind="stable")
    groups, begin = [], 0
    while begin < order.size:
        end = begin + max(1, micro_batch_tokens // int(lengths[order[begin]]))
        groups.append(order[begin:end])
        begin = end
    return groups


def pad_sequences(masked: MaskedSequences, rows: NDArray[np.int64], pad: int) -> MicroBatch:
    """The sequences `rows` [n], padded to the longest of them."""
    lengths = masked.lengths[rows]
    real = np.arange(lengths.max()) < lengths[:, None]
    begins = (np.cumsum(masked.lengths) - masked.lengths)[rows]
    source = (begins[:, None] + np.arange(lengths.max()))[real]
    input_ids, labels = np.full(real.shape, pad, np.int64), np.full(real.shape, IGNORED, np.int64)
    input_ids[real], labels[real] = masked.inputs[source], masked.labels[source]
    return MicroBatch(input_ids, real.astype(np.int64), labels)
