import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.finetuning.decode import best_spans

Row = tuple[list[float], list[float], list[bool]]


def brute_force(starts: list[float], ends: list[float], inside: list[bool], n_best: int, most: int) -> float:
    """The best score by trying every pair of the best starts and ends."""
    places = [place for place, allowed in enumerate(inside) if allowed]
    best_starts = sorted(places, key=lambda place: -starts[place])[:n_best]
    best_ends = sorted(places, key=lambda place: -ends[place])[:n_best]
    pairs = [(start, end) for start in best_starts for end in best_ends if 0 <= end - start < most]
    return max((starts[start] + ends[end] for start, end in pairs), default=-np.inf)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    length = draw(st.integers(1, 12))
    logits = st.lists(st.integers(-8, 8).map(float), min_size=length, max_size=length)
    inside = st.lists(st.booleans(), min_size=length, max_size=length)
    return draw(st.lists(st.tuples(logits, logits, inside), min_size=1, max_size=4))


@given(rows=rows(), n_best=st.integers(1, 15), most=st.integers(1, 12))
def test_no_span_is_better(rows: list[Row], n_best: int, most: int) -> None:
    starts, ends, inside = (np.array(column) for column in zip(*rows, strict=True))
    found = best_spans(starts, ends, inside, n_best=n_best, max_tokens=most)
    for row, (first, last, score) in enumerate(zip(*found, strict=True)):
        assert score == brute_force(*rows[row], n_best, most)
        if np.isfinite(score):
            assert inside[row, first]
            assert inside[row, last]
            assert 0 <= last - first < most
            assert starts[row, first] + ends[row, last] == score


def test_of_equal_spans_the_first_wins() -> None:
    flat = np.zeros((1, 5))
    found = best_spans(flat, flat, np.array([[False, True, True, True, False]]), n_best=20, max_tokens=30)
    assert (found.starts[0], found.ends[0]) == (1, 1)


def test_of_equal_logits_the_first_are_among_the_best_in_long_contexts_too() -> None:
    starts, ends = np.tile([1.0, 0.0], 20)[None], np.zeros((1, 40))
    ends[0, 4] = 9.0
    found = best_spans(starts, ends, np.ones((1, 40), bool), n_best=3, max_tokens=1)
    assert (found.starts[0], found.ends[0], found.scores[0]) == (4, 4, 10.0)
