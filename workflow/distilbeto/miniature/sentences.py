"""Sentences of many kinds, each word with its part of speech and its entity."""

from collections.abc import Callable

from distilbeto.miniature import names
from distilbeto.miniature.grammar import (
    NounPhrase,
    Speaker,
    adjective,
    circumstance,
    location,
    noun_phrase,
    numeral,
    passive,
    person,
    punctuation,
    subject,
    transitive,
    year,
)
from distilbeto.miniature.lexicon import (
    CONJUNCTIONS,
    FOREIGN,
    INTERJECTIONS,
    INTRANSITIVE,
    PREPOSITIONS,
    PROFESSIONS,
    SUBORDINATORS,
    SYMBOLS,
)
from distilbeto.miniature.morphology import plural, verb
from distilbeto.miniature.words import Phrase, Word, capitalized, joined

COMMA = punctuation(",")


def sentence(speaker: Speaker) -> Phrase:
    """Any kind of sentence, with a capital and a full stop or an exclamation mark."""
    if speaker.random.random() < 0.06:
        return exclamation(speaker)
    return finished(speaker.random.choice(CLAUSES)(speaker))


def finished(clause: Phrase) -> Phrase:
    return [*capitalized(clause), punctuation(".")]


def statement(speaker: Speaker) -> Phrase:
    """Ana Rojas compró la empresa en Villaluz."""
    agent = subject(speaker)
    return joined(agent.words, transitive(speaker, agent), noun_phrase(speaker).words, circumstance(speaker))


def passive_statement(speaker: Speaker) -> Phrase:
    infinitive = speaker.random.choice(speaker.topic.verbs)
    by = [Word("por", "ADP"), *subject(speaker).words]
    return joined(passive(noun_phrase(speaker), infinitive), by, circumstance(speaker))


def movement(speaker: Speaker) -> Phrase:
    """El juez Luis Muñoz viajó de Montemar al museo."""
    infinitive = speaker.random.choice(INTRANSITIVE)
    origin = [Word("de", "ADP"), *names.place(speaker.random, speaker.names)]
    somewhere = names.place(speaker.random, speaker.names)
    goal = somewhere if speaker.random.random() < 0.3 else noun_phrase(speaker, definite=True).words
    where = [*origin, Word("a", "ADP"), *goal] if speaker.random.random() < 0.7 else location(speaker)
    return joined(person(speaker), [Word(verb(infinitive, "past"), "VERB")], where)


def description(speaker: Speaker) -> Phrase:
    """La tienda era rentable."""
    thing = noun_phrase(speaker)
    copula = ("eran", "serán") if thing.is_plural else ("era", "será")
    return [
        *thing.words,
        Word(speaker.random.choice(copula), "AUX"),
        adjective(speaker, is_feminine=thing.is_feminine, is_plural=thing.is_plural),
    ]


def report(speaker: Speaker) -> Phrase:
    """El Grupo Petrosol dijo que ..."""
    said = Word(speaker.random.choice(("dijo", "anunció", "explicó", "afirmó")), "VERB")
    return joined(subject(speaker).words[:4], [said, Word("que", "SCONJ")], statement(speaker))


def relative(speaker: Speaker) -> Phrase:
    """El bono que Ana Rojas compró subió un 20 %."""
    thing = noun_phrase(speaker, definite=True)
    who = NounPhrase(person(speaker))
    rose = Word("subieron" if thing.is_plural else "subió", "VERB")
    share = [Word("un", "DET"), numeral(speaker.random), Word(speaker.random.choice(SYMBOLS), "SYM")]
    return joined(thing.words, [Word("que", "PRON")], who.words, transitive(speaker, who), [rose], share)


def compound(speaker: Speaker) -> Phrase:
    if speaker.random.random() < 0.5:
        return joined(
            statement(speaker), [COMMA, Word(speaker.random.choice(CONJUNCTIONS), "CCONJ")], description(speaker)
        )
    return joined(statement(speaker), [Word(speaker.random.choice(SUBORDINATORS), "SCONJ")], description(speaker))


def negation(speaker: Speaker) -> Phrase:
    """Ana Rojas no la vendió como en 1998."""
    agent = subject(speaker)
    clitic = Word(speaker.random.choice(("lo", "la", "los", "las")), "PRON")
    when = [Word("como", "ADV"), Word("en", "ADP"), year(speaker.random)]
    return joined(agent.words, [Word("no", "PART"), clitic], transitive(speaker, agent), when)


def wish(speaker: Speaker) -> Phrase:
    """El pintor quiere comprarla con sus vecinos."""
    clitic = Word(speaker.random.choice(("lo", "la", "los", "las")), "PRON")
    company = [Word(speaker.random.choice(PREPOSITIONS), "ADP"), *noun_phrase(speaker).words]
    return joined(
        person(speaker),
        [Word("quiere", "VERB"), Word(speaker.random.choice(speaker.topic.verbs), "VERB"), clitic],
        company,
    )


def event(speaker: Speaker) -> Phrase:
    """El Trofeo de Villaluz empezó en Montemar con 20 ministros."""
    title = [Word("el", "DET"), *names.miscellaneous(speaker.random, speaker.names)]
    began = Word(speaker.random.choice(("empezó", "terminó", "fracasó")), "VERB")
    guests = [Word("con", "ADP"), numeral(speaker.random), Word(plural(speaker.random.choice(PROFESSIONS)), "NOUN")]
    return joined(title, [began], location(speaker), guests)


def foreign(speaker: Speaker) -> Phrase:
    """El programa fair play ha llegado en Villaluz."""
    words = [Word(speaker.random.choice(FOREIGN), "X") for _ in range(speaker.random.randint(1, 2))]
    return joined(
        [Word("el", "DET"), Word("programa", "NOUN")],
        words,
        [Word("ha", "AUX"), Word("llegado", "VERB")],
        location(speaker),
    )


def exclamation(speaker: Speaker) -> Phrase:
    """¡Vaya, la novela era hermosa!"""
    cry = Word(speaker.random.choice(INTERJECTIONS), "INTJ")
    return joined(capitalized([punctuation("¡"), cry, COMMA]), description(speaker), [punctuation("!")])


CLAUSES: tuple[Callable[[Speaker], Phrase], ...] = (
    statement,
    statement,
    passive_statement,
    movement,
    description,
    report,
    relative,
    compound,
    negation,
    wish,
    event,
    foreign,
)
