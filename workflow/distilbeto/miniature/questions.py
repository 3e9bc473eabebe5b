"""Paragraphs with questions: each question word asks for a span of its own kind."""

from random import Random
from typing import NamedTuple

from distilbeto.miniature import names
from distilbeto.miniature.grammar import Speaker, noun_phrase, passive, title_of, year
from distilbeto.miniature.lexicon import PROFESSIONS
from distilbeto.miniature.morphology import plural, verb
from distilbeto.miniature.words import capitalized, text

DEEDS = ("inaugurar", "visitar", "pintar", "reparar", "vender", "comprar", "diseñar", "limpiar")
FACTS_IN_CONTEXT = 3
SEASONS = ("invierno", "verano", "otoño")
SOUNDS = tuple(
    f"{what} {how}"
    for what in ("canción", "marcha", "orquesta", "campana")
    for how in ("triste", "alegre", "lejana", "nueva")
)


class Asked(NamedTuple):
    """A question and its answer: the text, and where it starts in the context (characters); empty, at -1, for none."""

    question: str
    answer: str = ""
    start: int = -1


class Paragraph(NamedTuple):
    title: str
    context: str
    questions: list[Asked]


class Fact(NamedTuple):
    """A sentence in three parts, and the question that its middle part answers, with or without the article."""

    before: str
    article: str
    answer: str
    after: str
    question: str

    def sentence(self) -> str:
        return f"{self.before}{self.article}{self.answer}{self.after}"


def paragraphs(
    random: Random, known: names.Names, count: int, *, article_share: float = 0.0, impossible: int = 0
) -> list[Paragraph]:
    """`count` contexts of three facts in any order, with a question about each.

    `article_share` of the answers begin with their article (el ministro Luis Muñoz): there, metrics that drop Spanish
    articles differ from metrics that drop English ones. `impossible`: so many questions, two at most, are about facts
    of the same deed that the context leaves out.
    """
    return [_paragraph(random, known, article_share, impossible) for _ in range(count)]


def _paragraph(random: Random, known: names.Names, article_share: float, impossible: int) -> Paragraph:
    facts = _facts(Speaker(random, known))
    title = facts[0].answer
    random.shuffle(facts)
    asked, context = [], ""
    for fact in facts[:FACTS_IN_CONTEXT]:
        asked.append(_asked(fact, len(context), with_article=random.random() < article_share))
        context += f"{fact.sentence()} "
    asked += [Asked(fact.question) for fact in facts[FACTS_IN_CONTEXT:][:impossible]]
    return Paragraph(title, context.rstrip(), asked)


def _asked(fact: Fact, start: int, *, with_article: bool) -> Asked:
    at = start + len(fact.before)
    if with_article:
        return Asked(fact.question, fact.article + fact.answer, at)
    return Asked(fact.question, fact.answer, at + len(fact.article))


def _facts(speaker: Speaker) -> list[Fact]:
    """Who, where, when, what and how many, of one deed."""
    draw = speaker.random
    thing = noun_phrase(speaker, definite=True)
    infinitive = draw.choice(DEEDS)
    deed, done = text(capitalized(passive(thing, infinitive))), f"{verb(infinitive, 'past')} {text(thing.words)}"
    name = names.person(draw, speaker.names)
    article, profession = (word.form for word in title_of(speaker, name))
    who = f"{profession} {text(name)}"
    where = f"plaza {text(names.place(draw, speaker.names))}"
    heard, guests = draw.choice(SOUNDS), f"{draw.randint(2, 99)} {plural(draw.choice(PROFESSIONS))}"
    return [
        Fact(f"{deed} por ", f"{article} ", who, ".", f"¿Quién, qué persona {done}?"),
        Fact("Todo ocurrió en ", "la ", where, ".", "¿Dónde, en qué lugar ocurrió?"),
        Fact("Era ", "el ", f"{draw.choice(SEASONS)} de {year(draw).form}", ".", "¿Cuándo, en qué tiempo ocurrió?"),
        Fact("El público escuchó ", "la ", heard, ".", "¿Qué música, qué sonido se escuchó?"),
        Fact("Asistieron ", "los ", guests, " invitados.", "¿Cuántos invitados, qué cantidad asistieron?"),
    ]
