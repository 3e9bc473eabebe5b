"""How many tokens are targets, which ones, and what stands in their place."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.distillation.masking import IGNORED, MaskedSequences, TargetSampler, mask_sequences, target_sampler
from distilbeto.distillation.settings import Masking
from distilbeto.errors import UserError
from distilbeto.tokenizer import LoadedTokenizer

VOCABULARY = 50
TOKENIZER = LoadedTokenizer(None, "f", VOCABULARY, pad=1, unk=3, cls=4, sep=5, mask=0)  # type: ignore[arg-type]
SPECIAL = [0, 1, 3, 4, 5]


def sampler(counts: Any = None, **settings: Any) -> TargetSampler:
    return target_sampler(
        Masking(**settings), np.ones(VOCABULARY, np.int64) if counts is None else counts, TOKENIZER, 42
    )


def mask(chosen: TargetSampler, sequences: list[list[int]], epoch: int = 0) -> MaskedSequences:
    arrays = [np.array(sequence, np.uint16) for sequence in sequences]
    return mask_sequences(chosen, arrays, np.full(len(arrays), epoch), np.arange(len(arrays)))


def parts(values: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    return np.split(values, np.cumsum(lengths)[:-1])


sequences_of_tokens = st.lists(
    st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=60), min_size=1, max_size=8
)


@given(sequences=sequences_of_tokens, share=st.sampled_from([0.07, 0.15, 0.5]))
def test_each_sequence_has_its_share_of_targets_and_never_a_special_token(
    sequences: list[list[int]], share: float
) -> None:
    masked = mask(sampler(mlm_probability=share), sequences)
    for sequence, labels in zip(sequences, parts(masked.labels, masked.lengths), strict=True):
        targets = np.flatnonzero(labels != IGNORED)
        ordinary = sum(token not in SPECIAL for token in sequence)
        assert targets.size == min(ordinary, -(-round(share * 100) * len(sequence) // 100))
        assert all(labels[place] == sequence[place] not in SPECIAL for place in targets)


@given(sequences=sequences_of_tokens)
def test_only_targets_change_and_never_into_a_special_token_but_mask(sequences: list[list[int]]) -> None:
    masked = mask(sampler(), sequences)
    changed = masked.inputs != np.concatenate(sequences)
    assert not changed[masked.labels == IGNORED].any()
    assert not np.isin(masked.inputs[changed], SPECIAL[1:]).any()


@pytest.mark.parametrize(("mask_prob", "random_prob"), [(0.8, 0.1), (0.5, 0.3), (0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_targets_become_mask_or_a_random_token_or_stay_as_often_as_set(mask_prob: float, random_prob: float) -> None:
    chosen = sampler(mask_replace_prob=mask_prob, random_replace_prob=random_prob)
    masked = mask(chosen, ordinary_tokens(400).tolist())
    targets = masked.labels != IGNORED
    inputs, labels = masked.inputs[targets], masked.labels[targets]
    assert targets.sum() == 400 * 15
    assert (inputs == TOKENIZER.mask).mean() == pytest.approx(mask_prob, abs=0.02)
    by_chance = random_prob / (VOCABULARY - len(SPECIAL))
    assert (inputs == labels).mean() == pytest.approx(1 - mask_prob - random_prob + by_chance, abs=0.02)


def test_random_tokens_spread_evenly_over_the_vocabulary_whatever_they_replace() -> None:
    masked = mask(sampler(), ordinary_tokens(2000).tolist())
    replaced = (masked.labels != IGNORED) & ~np.isin(masked.inputs, [TOKENIZER.mask]) & (masked.inputs != masked.labels)
    counts = np.bincount(masked.inputs[replaced], minlength=VOCABULARY)
    ordinary = np.setdiff1d(np.arange(VOCABULARY), SPECIAL)
    mean = replaced.sum() / ordinary.size
    assert mean > 50
    assert counts[SPECIAL].tolist() == [0] * len(SPECIAL)
    assert np.abs(counts[ordinary] - mean).max() < 5 * mean**0.5
    assert abs(np.corrcoef(masked.inputs[replaced], masked.labels[replaced])[0, 1]) < 0.1
    assert abs(np.corrcoef(masked.inputs[replaced][1:], masked.inputs[replaced][:-1])[0, 1]) < 0.1


def ordinary_tokens(sequences: int) -> np.ndarray:
    """[sequences, 100], none of them special."""
    return np.random.default_rng(0).integers(6, VOCABULARY, (sequences, 100))


def test_rare_tokens_are_drawn_in_proportion_to_their_smoothed_weight() -> None:
    counts = np.ones(VOCABULARY, np.int64)
    counts[10] = 1000
    first = mask(sampler(counts, mlm_probability=0.01), [[10, 11]] * 20_000)
    weight = 1000**-0.7
    assert (first.labels == 10).mean() * 2 == pytest.approx(weight / (1 + weight), abs=0.002)
    even = mask(sampler(counts, mlm_probability=0.01, smoothing=0.0), [[10, 11]] * 20_000)
    assert (even.labels == 10).mean() * 2 == pytest.approx(0.5, abs=0.015)


def test_targets_are_drawn_in_proportion_to_the_weights_of_all_tokens() -> None:
    counts = np.ones(VOCABULARY, np.int64)
    counts[10:15] = [0, 3, 10, 100, 1000]
    masked = mask(sampler(counts, mlm_probability=0.01), [[10, 11, 12, 13, 14]] * 20_000)
    weights = np.maximum(counts[10:15], 1) ** -0.7
    shares = np.bincount(masked.labels[masked.labels != IGNORED], minlength=15)[10:15] / 20_000
    assert shares == pytest.approx(weights / weights.sum(), abs=0.015)


@pytest.mark.parametrize("drawn_over", ["sequence", "corpus"])
def test_a_sequence_is_masked_alike_in_any_batch_and_differently_in_another_epoch(drawn_over: str) -> None:
    rows = [np.random.default_rng(n).integers(6, VOCABULARY, 20 + n) for n in range(6)]
    epochs, numbers = np.array([0, 0, 1, 1, 2, 2]), np.array([9, 8, 7, 6, 5, 4])
    together = mask_sequences(sampler(drawn_over=drawn_over), rows, epochs, numbers)
    order = np.array([3, 0, 5])
    some = mask_sequences(sampler(drawn_over=drawn_over), [rows[row] for row in order], epochs[order], numbers[order])
    for name in ("inputs", "labels"):
        whole = parts(getattr(together, name), together.lengths)
        for row, found in zip(order, parts(getattr(some, name), some.lengths), strict=True):
            assert np.array_equal(found, whole[row])
    chosen, repeated = sampler(drawn_over=drawn_over), [list(range(6, 46))]
    assert not np.array_equal(mask(chosen, repeated, 0).labels, mask(chosen, repeated, 1).labels)


def test_targets_of_a_corpus_are_its_share_and_as_a_sample_of_all_its_tokens() -> None:
    """Short sequences: rounded up for each, they would be 1 of 4. The published rule draws over a batch."""
    draws = np.random.default_rng(2)
    rows = [[4, *map(int, draws.geometric(0.1, 2).clip(1, 40) + 5), 5] for _ in range(20_000)]
    tokens = torch.tensor(rows).flatten()
    counts = np.bincount(tokens, minlength=VOCABULARY)
    masked = mask(sampler(counts, drawn_over="corpus"), rows)
    targets = masked.labels != IGNORED
    assert targets.mean() == pytest.approx(0.15, abs=0.003)
    assert (targets.reshape(-1, 4).sum(1) == 0).mean() > 0.3
    torch.manual_seed(1)
    weights = torch.from_numpy(sampler(counts).weights)[tokens]
    sample = torch.argsort(-torch.rand(tokens.shape, dtype=torch.float64).log() / weights)[: targets.sum()]
    expected, found = (np.bincount(each, minlength=VOCABULARY) for each in (tokens[sample], masked.labels[targets]))
    assert np.abs(found - expected).max() < 5 * (2 * expected.max()) ** 0.5


def test_a_corpus_of_too_few_ordinary_tokens_has_all_of_them_as_targets() -> None:
    rows = [[4, 9, *[5] * 20]] * 10
    counts = np.bincount(np.concatenate(rows), minlength=VOCABULARY)
    assert (mask(sampler(counts, drawn_over="corpus"), rows).labels != IGNORED).sum() == 10


def test_counts_of_another_vocabulary_are_refused() -> None:
    with pytest.raises(UserError, match=f"token counts for 7 tokens, expected {VOCABULARY}"):
        sampler(np.ones(7, np.int64))


def test_a_product_that_floating_point_puts_above_a_whole_number_is_not_rounded_up() -> None:
    assert math.ceil(0.07 * 100) == 8
    assert (mask(sampler(mlm_probability=0.07), [[9] * 100]).labels != IGNORED).sum() == 7


def test_masks_stay_those_of_earlier_versions() -> None:
    """A training goes on after an upgrade, and a repeated one gives the same weights."""
    masked = mask_sequences(sampler(), [np.arange(6, 36)], np.array([3]), np.array([77]))
    targets = np.flatnonzero(masked.labels != IGNORED)
    assert targets.tolist() == [3, 10, 14, 26, 28]
    assert masked.inputs[targets].tolist() == [TOKENIZER.mask, 16, 20, 36, TOKENIZER.mask]  # two stay, one is random


def test_no_token_has_the_label_of_those_to_ignore() -> None:
    assert IGNORED == torch.nn.CrossEntropyLoss().ignore_index < 0
