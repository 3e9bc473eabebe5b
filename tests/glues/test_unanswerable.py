"""SQuAD v2, held against its published algorithm, written again here word for word of what it does."""

import json
import math
import string
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.glues.test_official_metrics import ENGLISH, answers, dropped_by_squad, overlap, tokens

from distilbeto.errors import UserError
from distilbeto.finetuning.threshold import above_threshold
from distilbeto.glues.examples import Candidate
from distilbeto.glues.metrics.by_kind import measure_answers_or_none
from distilbeto.glues.metrics.intervals import intervals
from distilbeto.glues.metrics.scores import Scores, score_file
from distilbeto.glues.metrics.unanswerable import threshold_of

Gold = dict[str, list[str]]
Drawn = list[tuple[list[str], str, float]]
Guesses = dict[str, Candidate]
Table = dict[str, tuple[float, float]]  # exact match and F1 of each question

scores = st.sampled_from([-2.5, -1.0, -1.0, 0.0, 0.0, 0.25, 1.0, 7.5]) | st.floats(-30, 30)
texts = answers | st.sampled_from(["", "", "the", "a", "The.", "an a", "«»", "uno dos", "uno", "dos uno"])
questions = st.lists(st.tuples(st.lists(texts, max_size=4), texts, scores), min_size=1, max_size=12)


def words(text: str) -> list[str]:
    return tokens(text, ENGLISH, dropped_by_squad)


def raw_table(gold: Gold, predicted: dict[str, str]) -> Table:
    """get_raw_scores: golds that normalize to nothing are passed over; with none left, only nothing is right."""
    table = {}
    for name, golds in gold.items():
        accepted = [words(text) for text in golds if words(text)] or [[]]
        guess = words(predicted[name])
        exact = max(int(guess == each) for each in accepted)
        f1 = max(float(guess == each) if not guess or not each else overlap(guess, each) for each in accepted)
        table[name] = (exact, f1)
    return table


def with_no_answer(table: Table, gold: Gold, na_scores: dict[str, float], threshold: float) -> Table:
    """apply_no_ans_threshold"""
    return {
        name: (float(not gold[name]),) * 2 if na_scores[name] > threshold else scores for name, scores in table.items()
    }


def mean(table: Table, names: Sequence[str], place: int) -> float:
    return 100 * sum(table[name][place] for name in names) / len(names)


def best_threshold(gold: Gold, guesses: Guesses, table: Table, place: int) -> tuple[float, float]:
    """find_best_thresh"""
    current = best = float(len([name for name in gold if not gold[name]]))
    threshold = 0.0
    for name in sorted(guesses, key=lambda each: guesses[each].no_answer_score):
        if gold[name]:
            current += table[name][place]
        elif guesses[name].span:
            current -= 1
        if current > best:
            best, threshold = current, guesses[name].no_answer_score
    return 100 * best / len(table), threshold


def cases_of(drawn: Drawn) -> tuple[Gold, Guesses]:
    names = [str(number) for number in range(len(drawn))]
    return (
        dict(zip(names, (golds for golds, _, _ in drawn), strict=True)),
        dict(zip(names, (Candidate(text, score) for _, text, score in drawn), strict=True)),
    )


@settings(max_examples=1000)
@given(questions, scores)
def test_scores_are_those_of_the_published_algorithm(drawn: Drawn, threshold: float) -> None:
    gold, guesses = cases_of(drawn)
    spans = {name: each.span for name, each in guesses.items()}
    table = raw_table(gold, spans)
    expected = {}
    for part, names in (
        ("", list(gold)),
        ("HasAns_", [name for name in gold if gold[name]]),
        ("NoAns_", [name for name in gold if not gold[name]]),
    ):
        for place, metric in enumerate(("exact_match", "f1")):
            expected[f"squad_v2.{part}{metric}"] = mean(table, names, place) if names else None
    for place, metric in enumerate(("exact_match", "f1")):
        best = best_threshold(gold, guesses, table, place)
        expected |= dict(zip((f"squad_v2.best_{metric}", f"squad_v2.best_{metric}_threshold"), best, strict=True))
    assert measure_answers_or_none(gold, spans, guesses).metrics == pytest.approx(expected, abs=1e-9)

    # A threshold gives what apply_no_ans_threshold gives, but where normalization leaves nothing of all gold answers.
    na_scores = {name: each.no_answer_score for name, each in guesses.items()}
    applied = with_no_answer(table, gold, na_scores, threshold)
    found = measure_answers_or_none(gold, above_threshold(guesses, threshold)).metrics
    if all(not golds or any(map(words, golds)) for golds in gold.values()):
        for place, metric in enumerate(("exact_match", "f1")):
            assert found[f"squad_v2.{metric}"] == pytest.approx(mean(applied, list(gold), place))


@settings(max_examples=500)
@given(st.lists(st.tuples(st.lists(texts, max_size=2), texts, st.floats(-9, 9)), min_size=1, max_size=12))
def test_no_threshold_is_better_than_the_chosen_one(drawn: Drawn) -> None:
    """But by what the published search gives away: it takes a point for any span of an impossible question."""
    gold, guesses = cases_of(
        [
            ([text for text in golds if words(text)], text, score)
            for golds, text, score in drawn
            if not text or words(text)
        ]
    )
    numbers = [each.no_answer_score for each in guesses.values()]
    if not numbers or len({*numbers}) < len(numbers):
        return
    chosen = threshold_of(gold, guesses)

    def f1(threshold: float) -> float:
        found = measure_answers_or_none(gold, above_threshold(guesses, threshold)).metrics["squad_v2.f1"]
        assert found is not None
        return found

    assert f1(chosen) >= max(map(f1, [-math.inf, *numbers])) - 1e-9


def test_where_answering_nothing_is_best_nothing_is_answered() -> None:
    """The published script prints the threshold 0 then, which as a difference of logits would answer."""
    gold, guesses = {"1": [], "2": ["uno"]}, {"1": Candidate("uno", -3.0), "2": Candidate("dos", -2.0)}
    assert above_threshold(guesses, threshold_of(gold, guesses)) == {"1": "", "2": ""}
    assert measure_answers_or_none(gold, {}, guesses).metrics["squad_v2.best_f1_threshold"] == 0


def squad_v2(**changes: object) -> str:
    context = "Bogotá es la capital de Colombia."
    first = {"id": "1", "question": "¿?", "answers": [{"text": "Bogotá", "answer_start": 0}], "is_impossible": False}
    second = {"id": "2", "question": "¿?", "answers": [], "is_impossible": True} | changes
    return json.dumps({"version": "v2.0", "data": [{"paragraphs": [{"context": context, "qas": [first, second]}]}]})


def score(folder: Path, predictions: object, task: str = "tar", *, unanswerable: bool = True) -> Scores:
    (folder / "gold.json").write_text(squad_v2(), encoding="utf-8")
    (folder / "predicted.json").write_text(json.dumps(predictions), encoding="utf-8")
    return score_file(task, folder / "gold.json", folder / "predicted.json", unanswerable=unanswerable)


def test_an_empty_answer_to_an_impossible_question_is_right(tmp_path: Path) -> None:
    found = score(tmp_path, {"1": "Bogotá", "2": ""})
    names = [f"{part}{metric}" for part in ("", "HasAns_", "NoAns_") for metric in ("exact_match", "f1")]
    assert found.metrics == {f"squad_v2.{name}": 100 for name in names}
    assert found.intervals.keys() == found.metrics.keys()
    wrong = score(tmp_path, {"1": "", "2": "Colombia"}).metrics
    assert set(wrong.values()) == {0}
    apart = score(tmp_path, {"1": "Bogotá", "2": "Colombia"}).metrics
    assert (apart["squad_v2.HasAns_f1"], apart["squad_v2.NoAns_f1"], apart["squad_v2.f1"]) == (100, 0, 50)


def test_scores_of_no_answer_give_the_best_thresholds(tmp_path: Path) -> None:
    answered = {
        "1": {"answer": "", "span": "Bogotá", "no_answer_score": 0.5},
        "2": {"answer": "", "span": "Colombia", "no_answer_score": 2},
    }
    found = score(tmp_path, answered).metrics
    assert found["squad_v2.f1"] == 50
    assert (found["squad_v2.best_f1"], found["squad_v2.best_f1_threshold"]) == (100, 0.5)
    assert "squad_v2.best_f1" not in score(tmp_path, answered).intervals


def test_the_majority_guess_may_be_no_answer(tmp_path: Path) -> None:
    gold = {"1": [], "2": [], "3": ["uno", "uno"]}
    baseline = measure_answers_or_none(gold, {}).baseline
    assert (baseline["squad_v2.f1"], baseline["squad_v2.HasAns_f1"]) == (pytest.approx(200 / 3), 0)


@pytest.mark.parametrize("task", ["tar", "question_answering"])
def test_impossible_questions_are_never_scored_as_version_1(tmp_path: Path, task: str) -> None:
    with pytest.raises(UserError) as caught:
        score(tmp_path, {"1": "Bogotá", "2": ""}, task, unanswerable=False)
    message = str(caught.value)
    assert "1 of 2 questions are impossible (SQuAD v2)" in message
    assert "--unanswerable" in message and "gold.json" in message


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({"1": {"answer": "a", "span": "a"}, "2": {}}, "objects with the keys answer, span, no_answer_score"),
        ({"1": {"answer": "a", "span": "a", "no_answer_score": "0"}}, "objects with the keys"),
        ({"1": "a", "2": {"answer": "", "span": "a", "no_answer_score": 0}}, "question ids and answer texts"),
        ({"9": ""}, "questions that are not in the gold file: 9"),
        ([], "expected a JSON object"),
    ],
)
def test_malformed_answers_are_refused(tmp_path: Path, predictions: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        score(tmp_path, predictions)


def test_no_classes_are_unanswerable(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--unanswerable goes with questions, not with --task xnli"):
        score(tmp_path, {}, "xnli")


def test_punctuation_is_that_of_squad() -> None:
    gold = {"1": ["¿Qué?"], "2": [string.punctuation]}
    found = measure_answers_or_none(gold, {"1": "¿qué", "2": ""})
    assert found.metrics["squad_v2.exact_match"] == 100
    assert intervals(found.resampled)["squad_v2.f1"] == (100, 100)
