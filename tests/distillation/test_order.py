"""Every sequence once an epoch, in an order that differs from epoch to epoch, the validation never."""

import warnings
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.distillation import counter_rng
from distilbeto.distillation.counter_rng import hash_parts, torch_seed, uniform
from distilbeto.distillation.order import permuted, split_corpus, training_sequences, validation_sequences
from distilbeto.errors import UserError

KEY = hash_parts(1, 2)


@pytest.mark.parametrize("size", range(1, 140))
def test_permutation_of_every_small_size(size: int) -> None:
    assert sorted(permuted(np.arange(size), size, KEY).tolist()) == list(range(size))


@given(size=st.integers(2, 5000), seed=st.integers(0, 2**64 - 1))
def test_permutation_is_one_to_one_for_any_size_and_key(size: int, seed: int) -> None:
    assert np.unique(permuted(np.arange(size), size, hash_parts(seed))).size == size


def test_permutation_of_a_large_range_stays_in_it_and_scatters() -> None:
    size = 120_000_000
    places = permuted(np.arange(4096), size, KEY)
    assert np.unique(places).size == 4096
    assert places.min() >= 0
    assert places.max() < size
    assert abs(places.mean() / size - 0.5) < 0.02
    assert abs(np.corrcoef(np.arange(4096), places)[0, 1]) < 0.05


def test_each_epoch_reads_every_training_sequence_once() -> None:
    split = split_corpus(100, 10, seed=42)
    held_out = set(validation_sequences(split).tolist())
    epochs, numbers = (
        np.concatenate(part) for part in zip(*(training_sequences(split, s, 27) for s in range(10)), strict=True)
    )
    assert len(held_out) == 10
    for epoch in range(3):
        assert sorted(numbers[epochs == epoch].tolist()) == sorted(set(range(100)) - held_out)


def test_order_differs_by_epoch_and_seed_and_repeats_for_the_same() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return training_sequences(split_corpus(64, 0, seed), epoch, 64)[1].tolist()

    orders = [order(1, 0), order(1, 1), order(2, 0)]
    assert all(orders[a] != orders[b] for a, b in ((0, 1), (0, 2), (1, 2)))
    assert order(1, 0) == orders[0]


def test_a_step_may_be_larger_than_the_corpus() -> None:
    epochs, numbers = training_sequences(split_corpus(5, 1, seed=1), 0, 10)
    assert epochs.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert np.unique(numbers).size == 4


def test_nothing_left_for_training_is_an_error() -> None:
    with pytest.raises(UserError, match="the corpus has 10 sequences, and validation_sequences holds out 10"):
        split_corpus(10, 10, seed=1)


def test_uniform_draws_are_even_and_depend_on_every_part() -> None:
    draws = uniform(3, np.arange(20_000))
    assert np.allclose(np.histogram(draws, 10, (0, 1))[0] / 2000, 1, atol=0.1)
    assert len({float(uniform(*parts)) for parts in ((1, 2), (2, 1), (1, 3), (1, 2, 0))}) == 4


def test_the_hash_is_splitmix64() -> None:
    # The first outputs of the published generator with these seeds.
    assert int(hash_parts(1234567)) == 6457827717110365317
    assert int(hash_parts(0)) == 0xE220A8397B1DCDAF
    assert hash_parts(np.array([0, 1234567])).tolist() == [0xE220A8397B1DCDAF, 6457827717110365317]


def test_order_split_and_draws_stay_those_of_earlier_versions() -> None:
    """A training goes on after an upgrade, and a repeated one gives the same weights."""
    split = split_corpus(1000, 10, 42)
    assert validation_sequences(split).tolist() == [595, 750, 826, 72, 620, 763, 848, 772, 726, 607]
    assert training_sequences(split, 123, 6)[1].tolist() == [533, 491, 293, 766, 390, 811]
    assert permuted(np.arange(4), 4, KEY).tolist() == [3, 0, 2, 1]
    assert permuted(np.arange(16), 16, KEY).tolist()[:8] == [2, 7, 6, 3, 4, 10, 15, 1]
    assert permuted(np.arange(17), 17, KEY).tolist()[:8] == [2, 3, 14, 12, 7, 10, 4, 8]
    assert permuted(np.arange(10), 10, KEY).tolist() == [2, 7, 6, 3, 4, 5, 9, 1, 8, 0]
    assert float(uniform(1, 2)) == 0.7376992526901169
    assert torch_seed(1, 2) == 6804074658870690613


@pytest.mark.parametrize("bits", [0, 2**64 - 1])
def test_uniform_draws_are_never_0_or_1(bits: int) -> None:
    with patch.object(counter_rng, "hash_parts", lambda *_: np.array(bits, np.uint64)):
        assert 0 < float(uniform(1)) < 1


def test_any_integer_is_hashed_by_its_64_bits_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert int(hash_parts(-1)) == int(hash_parts(2**64 - 1)) != int(hash_parts(2**63 - 1))
        assert int(hash_parts(2**63)) != int(hash_parts(0))
