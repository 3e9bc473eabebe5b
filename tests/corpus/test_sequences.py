import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.corpus.sequences import Counts, make_sequences
from distilbeto.corpus.settings import SequenceRules
from distilbeto.tokenizer.template import bert_template

UNK, CLS, SEP = 3, 4, 5
lines_of_tokens = st.lists(st.lists(st.sampled_from([UNK, 7, 8, 9]), max_size=70), max_size=12)


def reference(lines: list[list[int]], rules: SequenceRules) -> tuple[list[list[int]], Counts]:
    """The rules, one line at a time."""
    kept, counts = [], Counts(lines=len(lines))
    content = rules.max_tokens - 2
    for line in lines:
        counts = counts.plus(Counts(cut=len(line) > content, empty=not line))
        for start in range(0, len(line), content):
            sequence = [CLS, *line[start : start + content], SEP]
            if len(sequence) < rules.min_tokens:
                counts = counts.plus(Counts(short=1))
            elif sequence.count(UNK) / len(sequence) >= rules.max_unk_rate:
                counts = counts.plus(Counts(unknown=1))
            else:
                counts = counts.plus(Counts(kept=1))
                kept.append(sequence)
    return kept, counts


def run(lines: list[list[int]], rules: SequenceRules) -> tuple[list[list[int]], Counts]:
    tokens = np.array([token for line in lines for token in line], np.uint16)
    lengths = np.array([len(line) for line in lines], np.int64)
    made = make_sequences(tokens, tokens == UNK, lengths, rules, bert_template(CLS, SEP))
    assert made.tokens.dtype == np.uint16
    assert made.lengths.sum() == made.tokens.size
    return [part.tolist() for part in np.split(made.tokens, np.cumsum(made.lengths))[:-1]], made.counts


@given(
    lines=lines_of_tokens,
    max_tokens=st.integers(16, 40),
    min_tokens=st.integers(3, 20),
    share=st.sampled_from([0.1, 0.25, 0.5, 1.0]),
)
def test_equals_the_rules_applied_a_line_at_a_time(
    lines: list[list[int]], max_tokens: int, min_tokens: int, share: float
) -> None:
    rules = SequenceRules(max_tokens=max_tokens, min_tokens=min_tokens, max_unk_rate=share)
    assert run(lines, rules) == reference(lines, rules)


def test_eleven_tokens_are_too_few_and_twelve_enough() -> None:
    kept, counts = run([[7] * 9, [8] * 10], SequenceRules())
    assert kept == [[CLS, *[8] * 10, SEP]]
    assert counts.short == 1


def test_half_unknown_is_dropped() -> None:
    kept, counts = run([[UNK] * 6 + [7] * 4, [UNK] * 5 + [7] * 5], SequenceRules())
    assert kept == [[CLS, *[UNK] * 5, *[7] * 5, SEP]]
    assert counts.unknown == 1


@pytest.mark.parametrize(("length", "expected"), [(510, [512]), (520, [512, 12]), (519, [512]), (1020, [512, 512])])
def test_long_lines_are_cut_at_512_with_cls_and_sep_in_each_piece(length: int, expected: list[int]) -> None:
    kept, counts = run([[7] * length], SequenceRules())
    assert [len(sequence) for sequence in kept] == expected
    assert all(sequence[0] == CLS and sequence[-1] == SEP for sequence in kept)
    assert counts.cut == (length > 510)
