"""Bootstrap intervals: of the whole metric over resampled examples, the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbeto.glues.examples import PredictedTags, TaggedSentence
from distilbeto.glues.metrics.by_kind import measure_answers, measure_labels, measure_tags
from distilbeto.glues.metrics.intervals import intervals
from distilbeto.glues.metrics.per_example import agreement, ratio
from distilbeto.glues.metrics.spans import score_spans, span_ratios

tags = st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
texts = st.lists(st.lists(st.tuples(tags, tags), min_size=1, max_size=5), min_size=1, max_size=8)


@settings(max_examples=60)
@given(texts)
def test_they_are_percentiles_of_the_metric_itself_over_resampled_sentences(sentences: list) -> None:
    gold, predicted = ([[pair[side] for pair in sentence] for sentence in sentences] for side in (0, 1))
    generator = np.random.default_rng(3)
    scores = []
    for _ in range(40):
        drawn = generator.integers(len(gold), size=len(gold))
        scores.append(score_spans([gold[place] for place in drawn], [predicted[place] for place in drawn])[""])
    expected = np.percentile(scores, [2.5, 97.5], axis=0)
    found = intervals(span_ratios(gold, predicted)[""]._asdict(), resamples=40, seed=3)
    for place, name in enumerate(("precision", "recall", "f1")):
        assert found[name] == pytest.approx(tuple(expected[:, place]), abs=1e-9)


def test_that_of_an_accuracy_is_the_binomial_one() -> None:
    """80 % of 1,000: 1.96 standard errors of sqrt(0.8 x 0.2 / 1000) to each side."""
    low, high = intervals({"accuracy": ratio([1] * 800 + [0] * 200, 1)})["accuracy"]
    error = 196 * (0.8 * 0.2 / 1000) ** 0.5
    assert (low, high) == (pytest.approx(80 - error, abs=0.3), pytest.approx(80 + error, abs=0.3))


def test_the_same_predictions_give_the_same_interval() -> None:
    gold, predicted = ["a", "b"] * 30, ["a", "a", "b"] * 20
    assert intervals(measure_labels(gold, predicted).resampled) == intervals(measure_labels(gold, predicted).resampled)


@pytest.mark.parametrize(("guess", "expected"), [("a", (100, 100)), ("b", (0, 0))])
def test_all_right_or_all_wrong_leaves_no_width(guess: str, expected: tuple[int, int]) -> None:
    assert intervals(measure_labels(["a"] * 9, [guess] * 9).resampled)["accuracy"] == expected


def test_words_of_a_sentence_are_drawn_together() -> None:
    """Sentences all right or all wrong: 10 words of one tell no more than one does, so the interval is wider."""
    together = agreement([["a"] * 10] * 50, [["a"] * 10] * 25 + [["b"] * 10] * 25)
    apart = agreement([["a"]] * 500, [["a"]] * 250 + [["b"]] * 250)
    found = intervals({"accuracy": together})["accuracy"], intervals({"accuracy": apart})["accuracy"]
    widths = [high - low for low, high in found]
    assert widths[0] == pytest.approx(widths[1] * 10**0.5, rel=0.1)


def test_resamples_without_a_span_count_as_zero() -> None:
    gold = [TaggedSentence("1", ("a",), ("B-X",))] + [
        TaggedSentence(str(number), ("a",), ("O",)) for number in range(9)
    ]
    predicted = [PredictedTags(sentence.tags, None) for sentence in gold]
    measured = measure_tags(gold, predicted, spans=True)
    assert measured.metrics["subtokens.f1"] is None
    found = intervals({"conlleval.f1": measured.ratios["conlleval.f1"]})
    assert found == {"conlleval.f1": (0, 100)}


def test_questions_have_an_interval_under_both_normalizers() -> None:
    gold = {str(number): ["la casa"] for number in range(40)}
    measured = measure_answers(gold, {name: "casa" if int(name) % 2 else "otra" for name in gold})
    found = intervals(measured.ratios)
    assert set(found) == {"squad.f1", "squad.exact_match", "mlqa_es.f1", "mlqa_es.exact_match"}
    assert found["squad.exact_match"] == (0, 0)
    low, high = found["mlqa_es.exact_match"]
    assert 30 < low < measured.metrics["mlqa_es.exact_match"] == 50 < high < 70
