"""seqeval's F1 of plain tags: against seqeval itself, and what it takes for right."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score

from distilbeto.glues.metrics.tag_runs import tag_run_f1

UPOS = [
    "ADJ",
    "ADP",
    "ADV",
    "AUX",
    "CCONJ",
    "DET",
    "INTJ",
    "NOUN",
    "NUM",
    "PART",
    "PRON",
    "PROPN",
    "PUNCT",
    "SCONJ",
    "SYM",
    "VERB",
    "X",
    "_",
]
OTHERS = ["B", "B-PER", "I-PER", "E-PER", "S-LOC", "O", "O-X", ".", ".-PER", "NCMS000", "A-B-C"]
tags = st.sampled_from(UPOS) | st.sampled_from(OTHERS)
pairs = tags.map(lambda tag: (tag, tag)) | st.tuples(tags, tags)
texts = st.lists(st.lists(pairs, min_size=1, max_size=8), min_size=1, max_size=5)


@settings(max_examples=1000)
@given(text=texts)
def test_it_is_what_seqeval_returns(text: list[list[tuple[str, str]]]) -> None:
    gold = [[right for right, _ in sentence] for sentence in text]
    predicted = [[guess for _, guess in sentence] for sentence in text]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that these are no tags of spans
        expected = 100 * f1_score(gold, predicted, zero_division=0)
    assert tag_run_f1(gold, predicted).percent == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gold", "predicted", "right", "runs"),
    [
        ("DET NOUN CCONJ VERB", "DET NOUN SCONJ VERB", 8, 8),  # one wrong tag of four, and all is right
        ("NOUN NOUN NOUN", "NOUN ADJ NOUN", 0, 4),  # two right tags of three, and nothing is
        ("NOUN NOUN VERB", "NOUN NOUN VERB", 4, 4),
        ("NOUN VERB", "VERB NOUN", 0, 4),
    ],
)
def test_by_hand(gold: str, predicted: str, right: int, runs: int) -> None:
    ratio = tag_run_f1([gold.split()], [predicted.split()])
    assert (ratio.numerators.tolist(), ratio.denominators.tolist()) == ([right], [runs])


def test_each_sentence_counts_its_own_runs() -> None:
    """So that intervals resample sentences."""
    ratio = tag_run_f1([["NOUN"], ["VERB", "DET"]], [["NOUN"], ["VERB", "ADP"]])
    assert (ratio.numerators.tolist(), ratio.denominators.tolist()) == ([2, 2], [2, 4])
