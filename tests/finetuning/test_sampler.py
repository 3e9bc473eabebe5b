import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.finetuning.sampler import PooledByLength


@given(lengths=st.lists(st.integers(1, 50), min_size=1, max_size=200), batch=st.integers(1, 9), epoch=st.integers(0, 3))
def test_an_epoch_has_each_sequence_once(lengths: list[int], batch: int, epoch: int) -> None:
    sampler = PooledByLength(np.array(lengths), batch, 42)
    sampler.set_epoch(epoch)
    order = list(sampler)
    assert sorted(order) == list(range(len(lengths)))
    if len(order) >= batch:
        whole = order[: len(order) - len(order) % batch]
        assert max(lengths[index] for index in order[:batch]) == max(lengths[index] for index in whole)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    lengths = np.random.default_rng(1).integers(1, 50, 300)
    first, again = PooledByLength(lengths, 8, 42), PooledByLength(lengths, 8, 42)
    list(first)
    first.set_epoch(1)
    again.set_epoch(1)
    assert list(first) == list(again)
    orders = [list(PooledByLength(lengths, 8, 42)), list(PooledByLength(lengths, 8, 43)), list(first)]
    assert all(one != other for one, other in [(orders[0], orders[1]), (orders[0], orders[2])])


def test_batches_hold_sequences_of_like_length() -> None:
    lengths = np.random.default_rng(1).integers(1, 100, 4000)
    batches = lengths[list(PooledByLength(lengths, 8, 42))].reshape(-1, 8)
    padded = (batches.max(axis=1) * 8).sum()
    assert padded / lengths.sum() < 1.05


def test_pools_of_one_batch_are_batches_of_any_length() -> None:
    lengths = np.random.default_rng(1).integers(1, 100, 4000)
    batches = lengths[list(PooledByLength(lengths, 8, 42, pool_batches=1))].reshape(-1, 8)
    spread = batches.std(axis=1).mean()
    assert spread > 0.8 * lengths.std()
