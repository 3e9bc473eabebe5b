"""Words with their annotation, and how they are written: contractions, clitics, spaces, capitals."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

NO_SPACE_BEFORE = frozenset(".,;:?!)")
NO_SPACE_AFTER = frozenset("¿¡(")
CLITICS = frozenset({"lo", "la", "los", "las"})


class Word(NamedTuple):
    """A syntactic word: its form, universal part of speech and entity (IOB2)."""

    form: str
    upos: str
    entity: str = "O"


class Token(NamedTuple):
    """What is written as one: a word, or two of them (del, al, comprarla)."""

    form: str
    words: tuple[Word, ...]


Phrase = list[Word]


def joined(*phrases: Iterable[Word]) -> Phrase:
    return [word for phrase in phrases for word in phrase]


def as_entity(words: Iterable[Word], kind: str) -> Phrase:
    """The words marked as one entity of `kind`: B- on the first, I- on the others."""
    return [word._replace(entity=f"{'I' if number else 'B'}-{kind}") for number, word in enumerate(words)]


def capitalized(words: Sequence[Word]) -> Phrase:
    """The first word that has letters with a capital, as at the start of a sentence."""
    first = next(number for number, word in enumerate(words) if word.upos != "PUNCT")
    form = words[first].form
    return [*words[:first], words[first]._replace(form=form[0].upper() + form[1:]), *words[first + 1 :]]


def tokens(words: Sequence[Word]) -> list[Token]:
    """Join what Spanish writes as one."""
    result: list[Token] = []
    for word in words:
        form = _fused(result[-1].words[-1], word) if result else None
        if form is None:
            result.append(Token(word.form, (word,)))
        else:
            result[-1] = Token(form, (*result[-1].words, word))
    return result


def text(words: Sequence[Word]) -> str:
    """The phrase as it is written."""
    forms = [token.form for token in tokens(words)]
    spaces = ["" if here in NO_SPACE_AFTER or after in NO_SPACE_BEFORE else " " for here, after in pairwise(forms)]
    return "".join(form + space for form, space in zip(forms, [*spaces, ""], strict=True))


def tokenized(words: Sequence[Word]) -> str:
    """The phrase with a space around every mark of punctuation."""
    return " ".join(token.form for token in tokens(words))


def _fused(left: Word, right: Word) -> str | None:
    if right == Word("el", "DET") and left.upos == "ADP" and left.form in ("de", "a", "De", "A"):
        return f"{left.form}l"
    if left.upos == "VERB" and left.form.endswith("r") and right.upos == "PRON" and right.form in CLITICS:
        return left.form + right.form
    return None
