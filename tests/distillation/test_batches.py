"""Micro-batches hold every token of a step once, within their budget."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation.batches import Batch, cut, pad_sequences, read_batch, shared_out
from distilbeto.distillation.masking import IGNORED, MaskedSequences, target_sampler
from distilbeto.distillation.ranks import ALONE, Ranks
from distilbeto.distillation.settings import Masking
from distilbeto.tokenizer import LoadedTokenizer


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=60), budget=st.integers(1, 200))
def test_cut_keeps_every_sequence_once_and_the_budget(lengths: list[int], budget: int) -> None:
    groups = cut(np.array(lengths), budget)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[row] for row in group)
        assert len(group) * longest <= budget or len(group) == 1


def test_cut_groups_by_length() -> None:
    assert [sorted(group.tolist()) for group in cut(np.array([2, 9, 2, 8]), 18)] == [[1, 3], [0, 2]]


def cost(lengths: list[int], ends: tuple[int, ...], price: int) -> int:
    """Of micro-batches of falling `lengths` that end at `ends`: padded tokens, and what a micro-batch costs."""
    begins = (0, *ends[:-1])
    padded = sum((end - begin) * lengths[begin] for begin, end in zip(begins, ends, strict=True))
    return padded + len(ends) * price


@settings(max_examples=200)
@given(lengths=st.lists(st.sampled_from([3, 4, 6, 9, 15, 31]), min_size=1, max_size=7), price=st.integers(0, 9))
def test_no_other_cut_costs_less(lengths: list[int], price: int) -> None:
    found = cut(np.array(lengths), 10_000, price)
    falling, size = sorted(lengths, reverse=True), len(lengths)
    others = [(*ends, size) for number in range(size) for ends in combinations(range(1, size), number)]
    ends = tuple(np.cumsum([rows.size for rows in found]).tolist())
    assert cost(falling, ends, price) == min(cost(falling, other, price) for other in others)


def test_dear_micro_batches_are_few_and_fill_the_budget() -> None:
    lengths = np.minimum(np.random.default_rng(1).lognormal(3.2, 0.6, 4096).astype(np.int64) + 10, 512)
    few, many = (cut(lengths, 65_536, price) for price in (16_384, 192))
    assert len(few) < len(many) / 4


def test_real_lengths_are_padded_by_less_than_three_percent() -> None:
    lengths = np.minimum(np.random.default_rng(1).lognormal(3.2, 0.6, 4096).astype(np.int64) + 10, 512)
    padded = sum(rows.size * int(lengths[rows[0]]) for rows in cut(lengths, 16_384))
    assert 1 - lengths.sum() / padded < 0.03


def test_padding_surrounds_but_never_alters_the_tokens() -> None:
    masked = MaskedSequences(np.arange(10, 16), np.array([IGNORED, 11, IGNORED, 13, 14, IGNORED]), np.array([1, 3, 2]))
    batch = pad_sequences(masked, np.array([1, 0]), pad=1)
    assert batch.input_ids.tolist() == [[11, 12, 13], [10, 1, 1]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.labels.tolist() == [[11, IGNORED, 13], [IGNORED, IGNORED, IGNORED]]


@pytest.mark.parametrize("size", [1, 2, 3, 40])
def test_ranks_share_the_micro_batches_of_a_step(size: int, shard_set: ShardSet, tokenizer: LoadedTokenizer) -> None:
    sampler = target_sampler(Masking(), np.ones(tokenizer.vocab_size, np.int64), tokenizer, 42)
    numbers = np.random.default_rng(1).permutation(100)[:30]

    def read(ranks: Ranks) -> Batch:
        return read_batch(shard_set, sampler, numbers % 3, numbers, pad=1, micro_batch_tokens=70, ranks=ranks)

    whole, parts = read(ALONE), [read(Ranks(rank, size)) for rank in range(size)]
    assert {(part.tokens, part.padding_share) for part in parts} == {(whole.tokens, whole.padding_share)}
    assert sum(part.targets for part in parts) == whole.targets
    assert sum(micro_batch.input_ids.size for micro_batch in whole.micro_batches) == whole.padded_tokens
    found = {number: found for part in parts for number, found in zip(part.numbers, part.micro_batches, strict=True)}
    assert sorted(found) == list(range(len(whole.micro_batches)))
    for number, expected in enumerate(whole.micro_batches):
        assert all(np.array_equal(*arrays) for arrays in zip(found[number], expected, strict=True))


@given(tokens=st.lists(st.integers(1, 5000), max_size=40), size=st.integers(1, 9))
def test_every_micro_batch_has_one_rank_and_no_rank_much_more_than_its_share(tokens: list[int], size: int) -> None:
    shares = shared_out(tokens, size)
    assert len(shares) == size
    assert sorted(number for share in shares for number in share) == list(range(len(tokens)))
    assert all(share == sorted(share) for share in shares)
    slowest = max(sum(tokens[number] for number in share) for share in shares)
    assert slowest <= sum(tokens) / size + max(tokens, default=0) * (size - 1) / size


def test_ranks_of_real_lengths_have_equal_shares() -> None:
    lengths = np.minimum(np.random.default_rng(1).lognormal(3.2, 0.6, 4096).astype(np.int64) + 10, 512)
    padded = [rows.size * int(lengths[rows[0]]) for rows in cut(lengths, 16_384)]
    loads = [sum(padded[number] for number in share) for share in shared_out(padded, 8)]
    in_turn = [sum(padded[rank::8]) for rank in range(8)]
    assert max(loads) / np.mean(loads) < 1.07 < max(in_turn) / np.mean(in_turn)
