"""Which tokens a student must predict, and what replaces them in its input.

Masked language model (thesis, Section 2.2.3) with the sampling of DistilBERT: rare tokens are drawn more often. Every
draw is a hash of (seed, epoch, sequence, position): a sequence is masked in the same way in any batch.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.distillation.counter_rng import uniform
from distilbeto.distillation.settings import Masking
from distilbeto.errors import UserError
from distilbeto.tokenizer import LoadedTokenizer

IGNORED = -100  # as torch.nn.functional.cross_entropy ignores it
TARGET, REPLACEMENT, RANDOM_TOKEN = 11, 12, 13


class TargetSampler(NamedTuple):
    """weights [vocab_size]: a token is drawn in proportion to its own, 0 for special tokens; ordinary: the other ids.

    mask: id of the MASK token; threshold: where targets are drawn over the corpus, the key below which a token is one.
    """

    settings: Masking
    weights: NDArray[np.float64]
    ordinary: NDArray[np.int64]
    mask: int
    seed: int
    threshold: float | None = None


class MaskedSequences(NamedTuple):
    """Sequences one after the other; labels are IGNORED where a token is no target."""

    inputs: NDArray[np.int64]  # [tokens]
    labels: NDArray[np.int64]  # [tokens]
    lengths: NDArray[np.int64]  # [sequences]


def target_sampler(
    settings: Masking, counts: NDArray[np.int64], tokenizer: LoadedTokenizer, seed: int
) -> TargetSampler:
    """Weights max(count, 1)^-smoothing from the corpus's token counts [vocab_size].

    Raises:
        UserError: the counts are of a vocabulary of another size.
    """
    if counts.shape != (tokenizer.vocab_size,):
        raise UserError(
            f"token counts for {counts.size} tokens, expected {tokenizer.vocab_size}, the tokenizer's vocabulary"
        )
    weights = np.maximum(counts, 1).astype(np.float64) ** -settings.smoothing
    weights[tokenizer.special_ids()] = 0
    over_corpus = settings.drawn_over == "corpus"
    threshold = corpus_threshold(weights, counts, settings.mlm_probability) if over_corpus else None
    return TargetSampler(settings, weights, np.flatnonzero(weights), tokenizer.mask, seed, threshold)


def corpus_threshold(weights: NDArray[np.float64], counts: NDArray[np.int64], share: float) -> float:
    """The threshold under which `share` of all tokens of the corpus is expected to fall, special ones counted.

    A token of weight w has a key -log(u) / w, which is below t with probability 1 - exp(-t w). A weighted sample
    without replacement takes the smallest keys (see `_targets`); of ever larger batches, the largest key that it takes
    tends to this threshold. Infinite if fewer tokens than `share` can be targets.

    Args:
        weights, counts: [vocab_size].
    """
    total, low, high = share * counts.sum(), -700.0, 700.0  # of log t
    if counts[weights > 0].sum() <= total:
        return float("inf")
    for _ in range(100):
        middle = (low + high) / 2
        expected = -np.expm1(-np.exp(middle) * weights) @ counts
        low, high = (middle, high) if expected < total else (low, middle)
    return float(np.exp(high))


def mask_sequences(
    sampler: TargetSampler,
    sequences: Sequence[NDArray[Any]],
    epochs: NDArray[np.int64],
    numbers: NDArray[np.int64],
) -> MaskedSequences:
    """Mask each of `sequences`, which is sequence numbers[i] of the corpus in epoch epochs[i]."""
    lengths = np.array([sequence.size for sequence in sequences], np.int64)  # [sequences]
    tokens = np.concatenate([np.empty(0, np.int64), *sequences], dtype=np.int64)  # [tokens]
    owners = np.repeat(np.arange(lengths.size), lengths)  # [tokens], the sequence of each token
    positions = np.arange(tokens.size) - (np.cumsum(lengths) - lengths)[owners]  # [tokens]
    draw = (sampler.seed, epochs[owners], numbers[owners], positions)
    targets = _targets(sampler, tokens, owners, lengths, uniform(TARGET, *draw))  # [tokens]
    inputs = _replaced(sampler, tokens, targets, draw)  # [tokens]
    return MaskedSequences(inputs, np.where(targets, tokens, IGNORED), lengths)


def target_counts(lengths: NDArray[np.int64], mlm_probability: float) -> NDArray[np.int64]:
    """The number of targets of sequences of `lengths` [n]: mlm_probability x length, rounded up.

    The subtraction keeps 0.07 x 100 = 7.000000000000001 from becoming 8.
    """
    counts: NDArray[np.int64] = np.ceil(mlm_probability * lengths - 1e-9).astype(np.int64)
    return counts


def _targets(
    sampler: TargetSampler,
    tokens: NDArray[np.int64],
    owners: NDArray[np.int64],
    lengths: NDArray[np.int64],
    draws: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Whether each token is a target [tokens]: a weighted sample without replacement of each sequence or the corpus.

    The sample has the smallest -log(u) / weight (Efraimidis and Spirakis, Weighted random sampling with a reservoir,
    2006).
    """
    weights = sampler.weights[tokens]  # [tokens]
    keys = np.full(tokens.size, np.inf)  # [tokens]
    np.divide(-np.log(draws), weights, out=keys, where=weights > 0)
    if sampler.threshold is not None:
        return (keys < sampler.threshold) & (weights > 0)
    order = np.lexsort((keys, owners))  # [tokens]
    ranks = np.empty_like(order)  # [tokens], by key within the sequence
    ranks[order] = np.arange(tokens.size)
    ranks -= (np.cumsum(lengths) - lengths)[owners]
    return (ranks < target_counts(lengths, sampler.settings.mlm_probability)[owners]) & (weights > 0)


def _replaced(
    sampler: TargetSampler, tokens: NDArray[np.int64], targets: NDArray[np.bool_], draw: tuple[Any, ...]
) -> NDArray[np.int64]:
    """The input [tokens]: of the targets, some become MASK, some a random token, and the rest stays."""
    fate, ordinary = uniform(REPLACEMENT, *draw), sampler.ordinary  # [tokens], [ordinary]
    mask_prob, random_prob = sampler.settings.mask_replace_prob, sampler.settings.random_replace_prob
    random_tokens = ordinary[(uniform(RANDOM_TOKEN, *draw) * ordinary.size).astype(np.int64)]
    inputs = np.where(targets & (fate < mask_prob + random_prob), random_tokens, tokens)
    return np.where(targets & (fate < mask_prob), sampler.mask, inputs)
