"""The order of an epoch: random, with sequences of like length in a batch or of any."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

POOL_BATCHES = 50


class PooledByLength:
    """Indices of an epoch; the order depends on the seed and the epoch alone, so that a resumed run sees the same.

    Sequences are drawn at random into pools of at most `pool_batches` batches, sorted by length within a pool, and cut
    into batches of `batch_size`, whose order is random again; with pools of one batch, a batch holds any lengths. The
    batch with the longest sequence comes first: where memory is too small, the run fails at once.
    """

    def __init__(
        self, lengths: NDArray[np.int64], batch_size: int, seed: int, pool_batches: int = POOL_BATCHES
    ) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0
        self.pool_batches = pool_batches

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self.seed, self.epoch])
        order = random.permutation(len(self.lengths))
        pool = np.arange(len(order)) // (self.batch_size * self._batches_of_a_pool())
        order = order[np.lexsort((-self.lengths[order], pool))]
        whole = len(order) - len(order) % self.batch_size
        batches = random.permutation(order[:whole].reshape(-1, self.batch_size))
        if len(batches):
            longest = self.lengths[batches].max(axis=1).argmax()
            batches[[0, longest]] = batches[[longest, 0]]
        yield from batches.ravel().tolist()
        yield from order[whole:].tolist()

    def _batches_of_a_pool(self) -> int:
        return min(self.pool_batches, max(len(self.lengths) // (4 * self.batch_size), 1))
