import pytest

from distilbeto.miniature.morphology import feminine_profession, inflected, plural, verb
from distilbeto.miniature.words import Word, as_entity, capitalized, text, tokens


def phrase(*tagged: str) -> list[Word]:
    return [Word(*word.split("/")) for word in tagged]


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (("libro/NOUN", "de/ADP", "el/DET", "niño/NOUN"), "libro del niño"),
        (("libro/NOUN", "de/ADP", "El/PROPN", "Paso/PROPN"), "libro de El Paso"),
        (("va/VERB", "a/ADP", "el/DET", "mar/NOUN", "./PUNCT"), "va al mar."),
        (("quiere/VERB", "comprar/VERB", "la/PRON"), "quiere comprarla"),
        (("comprar/VERB", "la/DET", "casa/NOUN"), "comprar la casa"),
        (("¡/PUNCT", "ay/INTJ", ",/PUNCT", "no/PART", "!/PUNCT"), "¡ay, no!"),
    ],
)
def test_contractions_clitics_and_spaces(words: tuple[str, ...], written: str) -> None:
    assert text(phrase(*words)) == written


def test_a_fused_token_keeps_its_words() -> None:
    words = phrase("de/ADP", "el/DET", "mar/NOUN")
    assert [word for token in tokens(words) for word in token.words] == words


def test_the_capital_comes_after_the_opening_mark() -> None:
    assert text(capitalized(phrase("¡/PUNCT", "él/PRON", "!/PUNCT"))) == "¡Él!"


def test_entities_are_marked_in_iob2() -> None:
    assert [word.entity for word in as_entity(phrase("San/PROPN", "Juan/PROPN"), "LOC")] == ["B-LOC", "I-LOC"]


@pytest.mark.parametrize(
    ("singular", "expected"),
    [("libro", "libros"), ("café", "cafés"), ("juez", "jueces"), ("pensión", "pensiones"), ("pintor", "pintores")],
)
def test_plural(singular: str, expected: str) -> None:
    assert plural(singular) == expected


def test_agreement_and_conjugation() -> None:
    assert inflected("nuevo", is_feminine=True, is_plural=True) == "nuevas"
    assert inflected("grande", is_feminine=True, is_plural=False) == "grande"
    assert [feminine_profession(word) for word in ("pintor", "ministro", "poeta")] == ["pintora", "ministra", "poeta"]
    assert [verb("comprar", tense, is_plural=True) for tense in ("past", "imperfect", "future")] == [
        "compraron",
        "compraban",
        "comprarán",
    ]
