import pytest
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.glues.metrics.answers import (
    exact_match,
    f1,
    normalize_mlqa_es,
    normalize_squad,
    score_answers,
)
from distilbeto.glues.metrics.by_kind import most_frequent, most_frequent_answer, repeat_for_subtokens
from distilbeto.glues.metrics.per_example import agreement
from distilbeto.glues.metrics.spans import score_spans

normalizers = st.sampled_from([normalize_squad, normalize_mlqa_es])
answers = st.text("aelx ¿.,$", max_size=12)


@pytest.mark.parametrize(
    ("text", "squad", "mlqa_es"),
    [
        ("The  Cat, a dog & an OX!", "cat dog ox", "the cat a dog an ox"),
        ("La casa de los Ríos", "la casa de los ríos", "casa de ríos"),
        ("¿El «Unas» — unos?", "¿el «unas» — unos", ""),
        ("a Madrid", "madrid", "a madrid"),
        ("$1.000 + 5 %", "1000 5", "1000 5"),
        ("5 € y 3 º", "5 € y 3 º", "5 € y 3 º"),
        ("el-la", "ella", "ella"),
        ("", "", ""),
    ],
)
def test_normalizers(text: str, squad: str, mlqa_es: str) -> None:
    assert normalize_squad(text) == squad
    assert normalize_mlqa_es(text) == mlqa_es


@given(answers, normalizers)
def test_normalization_leaves_single_spaces_and_no_capitals(text: str, normalize: object) -> None:
    normalized = normalize(text.upper())
    assert normalized == " ".join(normalized.lower().split())


def test_f1_counts_repeated_tokens_once_for_each_pair() -> None:
    # Tokens in common: x, y. Precision 2/3, recall 2/4.
    assert f1("x x y", "x y z z", normalize_squad) == pytest.approx(2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4))
    assert f1("x", "y", normalize_squad) == 0
    # The official scripts give 0 and 1 where nothing is left of both answers.
    assert f1("la", "el", normalize_mlqa_es) == 0
    assert exact_match("la", "el", normalize_mlqa_es) == 1


@given(answers, answers, normalizers)
def test_f1_and_exact_match_are_symmetric_and_bounded(left: str, right: str, normalize: object) -> None:
    assert 0 <= f1(left, right, normalize) <= 1
    assert f1(left, right, normalize) == f1(right, left, normalize)
    assert exact_match(left, right, normalize) == exact_match(right, left, normalize)
    if exact_match(left, right, normalize) and normalize(left):
        assert f1(left, right, normalize) == 1


def test_answers_take_the_best_gold_and_count_what_is_missing() -> None:
    gold = {"1": ["dos", "los dos gatos"], "2": ["tres"], "3": [], "4": ["cuatro"]}
    scores = score_answers(gold, {"1": "Dos gatos.", "2": " ", "3": "algo", "4": ""}, normalize_mlqa_es)
    assert scores == (25.0, 25.0)
    scores = score_answers(gold, {"1": "Dos gatos."}, normalize_squad)
    # Against `dos` F1 is 2/3, against `los dos gatos` 4/5.
    assert scores == (pytest.approx(20.0), 0.0)


@given(st.dictionaries(st.text(max_size=2), st.lists(st.text("xyz", min_size=1), min_size=1), min_size=1), normalizers)
def test_a_gold_answer_to_every_question_gives_100(gold: dict, normalize: object) -> None:
    assert score_answers(gold, {name: texts[-1] for name, texts in gold.items()}, normalize) == (100, 100)


def test_nothing_to_score_is_an_error() -> None:
    with pytest.raises(ValueError, match="no questions to score"):
        score_answers({}, {}, normalize_squad)
    with pytest.raises(ValueError):
        agreement([], [])
    with pytest.raises(ValueError):
        agreement([["a"]], [["a", "b"]])
    with pytest.raises(ValueError):
        score_spans([["O"]], [["O", "O"]])
    with pytest.raises(ValueError):
        score_spans([["O"], ["O"]], [["O"]])
    with pytest.raises(ValueError):
        most_frequent([])


def test_accuracy_and_subtokens() -> None:
    assert agreement([["a", "b", "c", "a"]], [["a", "c", "c", "b"]]).percent == 50
    assert repeat_for_subtokens(["NOUN", "ADJ", "DET"], [("NOUN", "X"), (), ("DET",)]) == ["NOUN", "NOUN", "DET"]


def test_baselines() -> None:
    assert most_frequent(["b", "a", "a", "b"]) == "b"
    assert most_frequent_answer({"1": ["x", "x", "x"], "2": ["y"], "3": ["y", "z"], "4": []}) == "y"
    assert most_frequent_answer({"1": []}) == ""


def test_spans_by_hand() -> None:
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "B-LOC"]]
    predicted = [["B-PER", "I-PER", "O", "I-ORG"], ["B-LOC", "I-LOC"]]
    # 1 of 3 predicted spans is right, 1 of 4 gold ones is found.
    scores = score_spans(gold, predicted)
    assert scores[""] == (pytest.approx(100 / 3), 25.0, pytest.approx(200 / 7))
    assert scores["PER"] == (100, 100, 100)
    assert scores["LOC"] == scores["ORG"] == (0, 0, 0)


def test_types_of_spans_are_in_alphabetical_order() -> None:
    tags = [[f"B-{kind}" for kind in ("PER", "LOC", "ORG", "MISC", "DATE", "GPE")]]
    assert list(score_spans(tags, tags)) == ["", "DATE", "GPE", "LOC", "MISC", "ORG", "PER"]


def test_a_span_ends_with_its_sentence() -> None:
    assert score_spans([["B-PER"], ["I-PER"]], [["B-PER"], ["O"]])[""].recall == 50


def test_without_spans_everything_is_zero() -> None:
    assert score_spans([["O"]], [["O"]]) == {"": (0, 0, 0)}
