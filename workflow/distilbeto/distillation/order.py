"""The order in which a training reads sequences: seeded permutations that are computed, never stored.

With n training sequences, position p of the training is place p mod n of epoch p div n. Each epoch has an order of its
own. Any position is found in constant time and memory: a training resumes anywhere without delay.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.distillation.counter_rng import hash_parts
from distilbeto.errors import UserError

ROUNDS = 8
SPLIT, EPOCH = 1, 2


class Split(NamedTuple):
    """`sequences` of the corpus, of which a fixed random `validation` are held out of training."""

    sequences: int
    validation: int
    seed: int

    @property
    def training(self) -> int:
        return self.sequences - self.validation


def split_corpus(sequences: int, validation: int, seed: int) -> Split:
    """Hold out `validation` of the corpus's `sequences`.

    Raises:
        UserError: nothing is left for training.
    """
    if validation >= sequences:
        raise UserError(
            f"the corpus has {sequences} sequences, and validation_sequences holds out {validation} of them",
            remedy="Lower validation_sequences, or take a larger corpus.",
        )
    return Split(sequences, validation, seed)


def validation_sequences(split: Split) -> NDArray[np.int64]:
    """The held-out sequences' numbers in the corpus, in a fixed order: [split.validation]."""
    return _shuffled(np.arange(split.validation), split)


def training_sequences(split: Split, step: int, sequences_per_step: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Epochs and numbers in the corpus of the sequences of step `step` (from 0), each [sequences_per_step]."""
    positions = np.arange(step * sequences_per_step, (step + 1) * sequences_per_step)
    epochs, places = np.divmod(positions, split.training)
    chosen = np.empty_like(places)
    for epoch in np.unique(epochs):
        in_epoch = epochs == epoch  # [sequences_per_step]
        key = hash_parts(split.seed, EPOCH, int(epoch))
        chosen[in_epoch] = permuted(places[in_epoch], split.training, key)
    return epochs, _shuffled(split.validation + chosen, split)


def _shuffled(places: NDArray[np.int64], split: Split) -> NDArray[np.int64]:
    """The sequences at `places` of a fixed shuffle: the first `split.validation` are held out, the others train."""
    return permuted(places, split.sequences, hash_parts(split.seed, SPLIT))


def permuted(indices: NDArray[np.int64], size: int, key: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The image of each of `indices` [n], all in [0, size), under the permutation `key` of [0, size): [n].

    A Feistel network permutes the next power of four. Values outside [0, size) pass through it again until they are
    inside (Black and Rogaway, Ciphers with Arbitrary Finite Domains, CT-RSA 2002), fewer than four times on average.
    """
    half = np.uint64(max(1, ((size - 1).bit_length() + 1) // 2))
    values = _feistel(indices.astype(np.uint64), half, key)
    while (outside := values >= size).any():
        values[outside] = _feistel(values[outside], half, key)
    return values.astype(np.int64)


def _feistel(values: NDArray[np.uint64], half: np.uint64, key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A bijection on [0, 4^half) (Luby and Rackoff, 1988), with a hash as its round function."""
    low = (np.uint64(1) << half) - np.uint64(1)
    left, right = values >> half, values & low
    for turn in range(ROUNDS):
        left, right = right, left ^ (hash_parts(key, turn, right) & low)
    return (left << half) | right
