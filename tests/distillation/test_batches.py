"""Micro-batches hold every token of a step once, within their budget."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.distillation.batches import cut, pad_sequences
from distilbeto.distillation.masking import IGNORED, MaskedSequences


@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=60), budget=st.integers(1, 200))
def test_cut_keeps_every_sequence_once_and_the_budget(lengths: list[int], budget: int) -> None:
    groups = cut(np.array(lengths), budget)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[row] for row in group)
        assert len(group) * longest <= budget or len(group) == 1


def test_cut_groups_by_length() -> None:
    assert [sorted(group.tolist()) for group in cut(np.array([2, 9, 2, 8]), 18)] == [[1, 3], [0, 2]]


def test_padding_surrounds_but_never_alters_the_tokens() -> None:
    masked = MaskedSequences(np.arange(10, 16), np.array([IGNORED, 11, IGNORED, 13, 14, IGNORED]), np.array([1, 3, 2]))
    batch = pad_sequences(masked, np.array([1, 0]), pad=1)
    assert batch.input_ids.tolist() == [[11, 12, 13], [10, 1, 1]]
    assert batch.attention_mask.tolist() == [[1, 1, 1], [1, 0, 0]]
    assert batch.labels.tolist() == [[11, IGNORED, 13], [IGNORED, IGNORED, IGNORED]]
