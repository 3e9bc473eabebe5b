"""The metrics beside the official ones: written again from their descriptions, and values found by hand.

conlleval, of the CoNLL shared tasks from 2000 to 2003, walks over the words and asks of each whether a span ends before
it and whether one begins at it. SQuAD v1.1 and MLQA are told by what they do to a string.
"""

import string
import unicodedata
from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbeto.glues.metrics.answers import normalize_mlqa_es, normalize_squad, score_answers
from distilbeto.glues.metrics.spans import score_spans

Tagged = list[tuple[str, str]]

# Types that no gold tag has, a hyphen inside a type, one type beginning another's name.
tags = st.sampled_from(
    ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-LO", "I-LO", "B-X-Y", "I-X-Y", "I-DESCONOCIDO", "B-B", "I-I"]
)
pairs = tags.map(lambda tag: (tag, tag)) | st.tuples(tags, tags)
texts = st.lists(st.lists(pairs, min_size=1, max_size=8), min_size=1, max_size=4)


def parts(tag: str) -> tuple[str, str]:
    prefix, _, kind = tag.partition("-")
    return prefix, kind


def ends(previous: str, tag: str) -> bool:
    """Whether a span that `previous` belongs to is over before `tag`."""
    (before, kind_before), (now, kind) = parts(previous), parts(tag)
    return before != "O" and (now in "OB" or kind_before != kind)


def begins(previous: str, tag: str) -> bool:
    (before, kind_before), (now, kind) = parts(previous), parts(tag)
    return now != "O" and (now == "B" or before == "O" or kind_before != kind)


def conlleval(sentences: list[Tagged]) -> dict[str, tuple[int, int, int]]:
    """Right, predicted and gold spans by type, in one pass over (gold, predicted) tags that writes no span down."""
    right: Counter[str] = Counter()
    guessed: Counter[str] = Counter()
    correct: Counter[str] = Counter()
    for sentence in sentences:
        inside, last = False, ("O", "O")
        for gold, guess in [*sentence, ("O", "O")]:
            gold_ends, guess_ends = ends(last[0], gold), ends(last[1], guess)
            if inside and gold_ends and guess_ends:
                right[parts(last[0])[1]] += 1
            if gold_ends or guess_ends:
                inside = False
            gold_begins, guess_begins = begins(last[0], gold), begins(last[1], guess)
            inside = inside or (gold_begins and guess_begins and parts(gold)[1] == parts(guess)[1])
            correct[parts(gold)[1]] += gold_begins
            guessed[parts(guess)[1]] += guess_begins
            last = gold, guess
    kinds = {kind for kind in guessed | correct if kind}
    return {kind: (right[kind], guessed[kind], correct[kind]) for kind in kinds}


def percentages(right: int, guessed: int, correct: int) -> tuple[float, float, float]:
    precision = 100 * right / guessed if guessed else 0.0
    recall = 100 * right / correct if correct else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


@settings(max_examples=1000)
@given(texts)
def test_spans_are_counted_as_conlleval_does(sentences: list[Tagged]) -> None:
    gold, predicted = ([[pair[side] for pair in sentence] for sentence in sentences] for side in (0, 1))
    by_kind = conlleval(sentences)
    total = tuple(sum(counts[place] for counts in by_kind.values()) for place in range(3))
    expected = {kind: percentages(*counts) for kind, counts in by_kind.items()} | {"": percentages(*total)}
    scores = score_spans(gold, predicted)
    assert set(scores) == set(expected)
    for kind, values in expected.items():
        assert scores[kind] == pytest.approx(values, abs=1e-9)


@settings(max_examples=200)
@given(texts)
def test_spans_are_those_of_seqeval(sentences: list[Tagged]) -> None:
    sequence_labeling = pytest.importorskip("seqeval.metrics.sequence_labeling")
    gold, predicted = ([[pair[side] for pair in sentence] for sentence in sentences] for side in (0, 1))
    left, right = ({*sequence_labeling.get_entities(side)} for side in (gold, predicted))
    assert score_spans(gold, predicted)[""] == pytest.approx(percentages(len(left & right), len(right), len(left)))


@pytest.mark.parametrize(
    ("gold", "predicted", "right", "guessed", "correct"),
    [
        ("O I-PER I-PER O", "O B-PER I-PER O", 1, 1, 1),  # an I- after O begins a span
        ("B-PER I-PER", "B-PER B-PER", 0, 2, 1),
        ("B-PER I-LOC", "B-PER B-LOC", 2, 2, 2),  # an I- of another type begins a span
        ("B-PER I-PER B-LOC", "B-PER I-PER I-LOC", 2, 2, 2),  # a B- after an I- of another type too
        ("I-PER B-PER", "I-PER I-PER", 0, 1, 2),
        ("B-PER O I-PER", "B-PER I-PER I-PER", 0, 1, 2),
        ("B-PER I-PER I-PER", "B-PER I-PER O", 0, 1, 1),  # no credit for a part
        ("B-PER I-PER", "B-LOC I-LOC", 0, 1, 1),
        ("B-ORG", "B-ORGANIZACIÓN", 0, 1, 1),  # a type that gold does not know
        ("B-X-Y I-X-Y", "I-X-Y I-X-Y", 1, 1, 1),
        ("B-X-Y I-X-Z", "B-X-Y I-X-Y", 0, 1, 2),
        ("O O", "O O", 0, 0, 0),
    ],
)
def test_spans_by_hand(gold: str, predicted: str, right: int, guessed: int, correct: int) -> None:
    expected = percentages(right, guessed, correct)
    assert score_spans([gold.split()], [predicted.split()])[""] == pytest.approx(expected)
    by_kind = conlleval([list(zip(gold.split(), predicted.split(), strict=True))])
    assert [sum(counts) for counts in zip((0, 0, 0), *by_kind.values(), strict=True)] == [right, guessed, correct]


# Articles of both languages, accents composed and not, marks of Spanish and of elsewhere, letters that change their
# length in lower case, spaces that are no blanks.
pieces = st.sampled_from(
    [
        *(
            "el",
            "La",
            "LOS",
            "unas",
            "un",
            "the",
            "A",
            "an",
            "casa",
            "Ríos",
            "ri\u0301os",
            "a\u0301",
            "niño",
            "NIÑO",
            "año",
        ),
        *("¿", "?", "¡", "!", "«", "»", "“", "”", "—", "-", "–", "…", "...", "'", "’", ".", ",", ";", "_", "·", "§"),
        *("$", "€", "%", "º", "ª", "+", "<", "=", "^", "`", "|", "~", "1.000", "3,5", "İ", "ß", "ǅ", "٣"),
        *(" ", "  ", "\t", "\n", "\u00a0", "\u2009", "\u3000", "\u200b"),
    ]
)
answers = st.lists(pieces, max_size=6).map("".join)
question = st.tuples(st.lists(answers, min_size=1, max_size=3), st.none() | answers)
questions = st.lists(question, min_size=1, max_size=3)

ENGLISH = ("a", "an", "the")
SPANISH = ("un", "una", "unos", "unas", "el", "la", "los", "las")


def dropped_by_squad(character: str) -> bool:
    return character in string.punctuation


def dropped_by_mlqa(character: str) -> bool:
    return character in string.punctuation or unicodedata.category(character) in (
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
    )


def tokens(text: str, articles: tuple[str, ...], dropped) -> list[str]:
    """Lower case; signs vanish, and what they parted grows together; then articles that are whole words vanish."""
    kept = [character for character in text.lower() if not dropped(character)]
    runs = groupby(kept, key=lambda character: character.isalnum() or character == "_")
    words = ["".join(run) for _, run in runs]
    return "".join(" " if word in articles else word for word in words).split()


def overlap(predicted: list[str], gold: list[str]) -> float:
    """F1 of two bags of words: each word is matched with one that is still free."""
    free = list(gold)
    for word in predicted:
        if word in free:
            free.remove(word)
    common = len(gold) - len(free)
    if common == 0:
        return 0.0
    precision, recall = common / len(predicted), common / len(gold)
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize(
    ("normalize", "articles", "dropped"),
    [(normalize_squad, ENGLISH, dropped_by_squad), (normalize_mlqa_es, SPANISH, dropped_by_mlqa)],
    ids=["squad", "mlqa"],
)
@settings(max_examples=1000)
@given(cases=questions)
def test_answers_are_scored_as_the_official_scripts_do(cases, normalize, articles, dropped) -> None:
    total_f1 = total_exact = 0.0
    for golds, predicted in cases:
        if predicted is not None:
            of_golds = [tokens(gold, articles, dropped) for gold in golds]
            of_predicted = tokens(predicted, articles, dropped)
            total_f1 += max(overlap(of_predicted, gold) for gold in of_golds)
            total_exact += max(of_predicted == gold for gold in of_golds)
    gold = {str(number): golds for number, (golds, _) in enumerate(cases)}
    guesses = {str(number): predicted for number, (_, predicted) in enumerate(cases) if predicted is not None}
    expected = (100 * total_f1 / len(cases), 100 * total_exact / len(cases))
    assert score_answers(gold, guesses, normalize) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("golds", "predicted", "squad", "mlqa"),
    [
        # Inverted marks: ASCII's alone vanish in SQuAD. `¿qué` is another word than `qué`.
        (["¿Qué pasó?"], "qué pasó", (50, 0), (100, 100)),
        (["«Don Quijote»"], "Don Quijote", (0, 0), (100, 100)),
        (["“La Mancha”"], "Mancha", (0, 0), (100, 100)),
        # An accent is a letter of its own in both.
        (["el río"], "el rio", (50, 0), (0, 0)),
        # Articles: SQuAD keeps the Spanish ones, MLQA the English ones.
        (["la casa"], "casa", (200 / 3, 0), (100, 100)),
        (["a Madrid"], "Madrid", (100, 100), (200 / 3, 0)),
        # What signs parted grows together.
        (["1.000"], "1000", (100, 100), (100, 100)),
        (["1939-1945"], "1939 1945", (0, 0), (0, 0)),
        # Nothing is left of the answers: equal, but no word in common.
        (["El"], "", (0, 0), (0, 100)),
        (["the"], "", (0, 100), (0, 0)),
        (["—"], "…", (0, 0), (0, 100)),
        # The best of several golds, for F1 and for exact match apart: 2 of 2 + 4, against 2 of 2 + 2.
        (["dos gatos muy negros", "dos perros"], "dos gatos", (200 / 3, 0), (200 / 3, 0)),
        (["gatos", "dos gatos"], "Dos gatos.", (100, 100), (100, 100)),
        # A word counts as often as it stands in both.
        (["no no no sí"], "no no", (200 / 3, 0), (200 / 3, 0)),
        (["algo"], None, (0, 0), (0, 0)),
    ],
)  # fmt: skip
def test_answers_by_hand(golds: list[str], predicted: str | None, squad: tuple, mlqa: tuple) -> None:
    guesses = {} if predicted is None else {"1": predicted}
    assert score_answers({"1": golds}, guesses, normalize_squad) == pytest.approx(squad)
    assert score_answers({"1": golds}, guesses, normalize_mlqa_es) == pytest.approx(mlqa)
