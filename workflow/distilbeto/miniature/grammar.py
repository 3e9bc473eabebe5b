"""Phrases of Spanish with agreement: determiners, noun phrases, verbs, dates."""

from random import Random
from typing import NamedTuple

from distilbeto.miniature import names
from distilbeto.miniature.lexicon import ADVERBS, EVERYDAY, MONTHS, NUMERALS, PROFESSIONS, Topic
from distilbeto.miniature.morphology import feminine_profession, inflected, participle, plural, verb
from distilbeto.miniature.words import Phrase, Word, joined

DETERMINERS = {
    (False, False): ("el", "un", "este", "su"),
    (True, False): ("la", "una", "esta", "su"),
    (False, True): ("los", "unos", "estos", "sus"),
    (True, True): ("las", "unas", "estas", "sus"),
}


class Speaker(NamedTuple):
    """What a sentence is drawn from. Every draw moves `random` on."""

    random: Random
    names: names.Names
    topic: Topic = EVERYDAY


class NounPhrase(NamedTuple):
    """Words with what a verb or a participle has to agree with."""

    words: Phrase
    is_feminine: bool = False
    is_plural: bool = False


def punctuation(mark: str) -> Word:
    return Word(mark, "PUNCT")


def noun_phrase(speaker: Speaker, *, definite: bool = False) -> NounPhrase:
    """el presupuesto fiscal, unas monedas del mercado; a `definite` one is short."""
    draw, topic = speaker.random, speaker.topic
    is_feminine, is_plural = draw.random() < 0.5, draw.random() < 0.3
    noun = draw.choice(topic.feminine if is_feminine else topic.masculine)
    determiners = DETERMINERS[is_feminine, is_plural]
    words = [
        Word(determiners[0] if definite else draw.choice(determiners), "DET"),
        Word(plural(noun) if is_plural else noun, "NOUN"),
    ]
    if draw.random() < 0.4:
        words.append(adjective(speaker, is_feminine=is_feminine, is_plural=is_plural))
    if not definite and draw.random() < 0.12:
        words += [Word("de", "ADP"), *noun_phrase(speaker, definite=True).words]
    return NounPhrase(words, is_feminine, is_plural)


def adjective(speaker: Speaker, *, is_feminine: bool, is_plural: bool) -> Word:
    form = speaker.random.choice(speaker.topic.adjectives)
    return Word(inflected(form, is_feminine=is_feminine, is_plural=is_plural), "ADJ")


def subject(speaker: Speaker) -> NounPhrase:
    """A person, with or without a profession, an organization, or things."""
    draw = speaker.random.random()
    if draw < 0.4:
        return NounPhrase(person(speaker))
    if draw < 0.6:
        return NounPhrase([Word("el", "DET"), *names.organization(speaker.random, speaker.names)])
    return noun_phrase(speaker)


def person(speaker: Speaker) -> Phrase:
    """el arquitecto Luis Muñoz, Ana Rojas."""
    name = names.person(speaker.random, speaker.names)
    return joined(title_of(speaker, name), name) if speaker.random.random() < 0.5 else name


def title_of(speaker: Speaker, name: Phrase) -> Phrase:
    """la jueza, for Ana Rojas."""
    profession = speaker.random.choice(PROFESSIONS)
    if name[0].form in names.WOMEN:
        return [Word("la", "DET"), Word(feminine_profession(profession), "NOUN")]
    return [Word("el", "DET"), Word(profession, "NOUN")]


def transitive(speaker: Speaker, agent: NounPhrase) -> Phrase:
    """A verb in a simple tense or in the perfect: compró, comprarán, ha comprado."""
    infinitive = speaker.random.choice(speaker.topic.verbs)
    if speaker.random.random() < 0.2:
        return [Word("han" if agent.is_plural else "ha", "AUX"), Word(participle(infinitive), "VERB")]
    tense = speaker.random.choice(("past", "past", "imperfect", "future"))
    return [Word(verb(infinitive, tense, is_plural=agent.is_plural), "VERB")]


def passive(patient: NounPhrase, infinitive: str) -> Phrase:
    """la empresa fue vendida."""
    form = participle(infinitive, is_feminine=patient.is_feminine, is_plural=patient.is_plural)
    return [*patient.words, Word("fueron" if patient.is_plural else "fue", "AUX"), Word(form, "VERB")]


def location(speaker: Speaker) -> Phrase:
    return [Word("en", "ADP"), *names.place(speaker.random, speaker.names)]


def year(draw: Random) -> Word:
    return Word(str(draw.randint(1950, 2020)), "NUM")


def date(draw: Random) -> Phrase:
    """mayo de 1998."""
    return [Word(draw.choice(MONTHS), "NOUN"), Word("de", "ADP"), year(draw)]


def numeral(draw: Random) -> Word:
    return Word(draw.choice(NUMERALS) if draw.random() < 0.5 else str(draw.randint(2, 99)), "NUM")


def circumstance(speaker: Speaker) -> Phrase:
    """Where or when, or nothing."""
    draw = speaker.random.random()
    if draw < 0.35:
        return location(speaker)
    if draw < 0.5:
        return [Word("en", "ADP"), *date(speaker.random)]
    if draw < 0.65:
        return [Word(speaker.random.choice(ADVERBS), "ADV")]
    return []
