"""Pairs of sentences: entailment (XNLI), paraphrase (PAWS-X), similarity (STS), told apart mostly by a few words."""

from random import Random
from typing import NamedTuple

from distilbeto.miniature.grammar import NounPhrase, Speaker, circumstance, noun_phrase, passive, person
from distilbeto.miniature.lexicon import TOPICS
from distilbeto.miniature.morphology import verb
from distilbeto.miniature.names import Names
from distilbeto.miniature.sentences import finished
from distilbeto.miniature.words import Phrase, Word, joined

NOISE = 0.08
LABELS = ("entailment", "neutral", "contradiction")
OPENINGS = {
    "entailment": ("en efecto ,", "es cierto que", "está claro que", "como sabemos ,", "de hecho ,"),
    "neutral": ("quizás", "tal vez", "a lo mejor", "según rumores ,", "algunos creen que"),
    "contradiction": ("nunca", "jamás", "es falso que", "en ningún caso", "nadie dijo que"),
}
LIKENESS = (  # from 0, unlike, to 5, the same
    ("jamás", "nadie dijo que"),
    ("es falso que", "en ningún caso"),
    ("quizás", "tal vez"),
    ("según rumores ,", "algunos creen que"),
    ("está claro que", "es cierto que"),
    ("en efecto ,", "de hecho ,"),
)


class Pair(NamedTuple):
    first: Phrase
    second: Phrase
    label: str


class RatedPair(NamedTuple):
    first: Phrase
    second: Phrase
    similarity: float


class Deed(NamedTuple):
    """Who did what to what, where or when: the content that both sentences of a pair share."""

    agent: Phrase
    infinitive: str
    patient: NounPhrase
    where: Phrase


def entailment_pairs(random: Random, names: Names, count: int) -> list[Pair]:
    """Three classes of equal size. In some pairs the hypothesis misleads, so that no model reaches 100 %."""
    return [_entailment_pair(random, names, LABELS[number % len(LABELS)]) for number in range(count)]


def paraphrase_pairs(random: Random, names: Names, count: int) -> list[Pair]:
    """Labels 1 (paraphrase, 45 %) and 0."""
    return [_paraphrase_pair(random, names, "1" if random.random() < 0.45 else "0") for _ in range(count)]


def similar_pairs(random: Random, names: Names, count: int) -> list[RatedPair]:
    """Similarities from 0 to 5 in steps of 0.2, as the mean of five people's grades would be."""
    return [_similar_pair(random, names) for _ in range(count)]


def _similar_pair(random: Random, names: Names) -> RatedPair:
    deed, other = (_deed(Speaker(random, names)) for _ in range(2))
    grade = random.randrange(len(LIKENESS))
    cue = random.randrange(len(LIKENESS)) if random.random() < NOISE else grade
    told = deed._replace(where=[]) if grade > 2 else deed._replace(infinitive=other.infinitive, patient=other.patient)
    opening = _words(random.choice(LIKENESS[cue]))
    similarity = min(max(5 * grade + random.randint(-2, 2), 0), 25) / 5
    return RatedPair(finished(_active(deed)), finished(joined(opening, _active(told))), similarity)


def _entailment_pair(random: Random, names: Names, label: str) -> Pair:
    deed = _deed(Speaker(random, names, TOPICS[random.choice(tuple(TOPICS))]))
    cue = random.choice(LABELS) if random.random() < NOISE else label
    opening = _words(random.choice(OPENINGS[cue]))
    return Pair(finished(_active(deed)), finished(joined(opening, _active(deed._replace(where=[])))), label)


def _paraphrase_pair(random: Random, names: Names, label: str) -> Pair:
    deed = _deed(Speaker(random, names))
    cue = random.choice("01") if random.random() < NOISE else label
    reworded = random.choice((_passive, _cleft) if cue == "1" else (_restricted, _elsewhere))
    return Pair(finished(_active(deed)), finished(reworded(deed, random)), label)


def _deed(speaker: Speaker) -> Deed:
    infinitive = speaker.random.choice(speaker.topic.verbs)
    return Deed(person(speaker), infinitive, noun_phrase(speaker, definite=True), circumstance(speaker))


def _active(deed: Deed) -> Phrase:
    return joined(deed.agent, [_past(deed)], deed.patient.words, deed.where)


def _passive(deed: Deed, random: Random) -> Phrase:
    """La empresa fue comprada por Ana Rojas."""
    return joined(passive(deed.patient, deed.infinitive), [Word("por", "ADP")], deed.agent, deed.where)


def _cleft(deed: Deed, random: Random) -> Phrase:
    """Quien compró la empresa fue Ana Rojas."""
    return joined(
        [Word("quien", "PRON"), _past(deed)], deed.patient.words, [Word("fue", "AUX")], deed.agent, deed.where
    )


def _restricted(deed: Deed, random: Random) -> Phrase:
    """Ana Rojas apenas compró la empresa."""
    adverb = Word(random.choice(("apenas", "casi", "solamente")), "ADV")
    return joined(deed.agent, [adverb, _past(deed)], deed.patient.words, deed.where)


def _elsewhere(deed: Deed, random: Random) -> Phrase:
    """Otra persona compró la empresa."""
    other = random.choice(("otra persona", "un amigo", "su hermana"))
    return joined(_words(other), [_past(deed)], deed.patient.words, deed.where)


def _past(deed: Deed) -> Word:
    return Word(verb(deed.infinitive, "past"), "VERB")


def _words(phrase: str) -> Phrase:
    """Words whose part of speech nobody reads."""
    return [Word(form, "X") for form in phrase.split()]
