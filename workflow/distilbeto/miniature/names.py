"""Proper names: people, places, organizations and the rest. All of them are made up or common to many."""

from itertools import product
from random import Random
from typing import NamedTuple

from distilbeto.miniature.lexicon import listed
from distilbeto.miniature.words import Phrase, Word, as_entity

UNSEEN_SHARE = 5


class Names(NamedTuple):
    """The names that a text may use."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    places: tuple[str, ...]
    companies: tuple[str, ...]


FIRST = listed(
    "Ana Luis María José Carmen Pedro Lucía Andrés Sofía Martín Elena Tomás Julia Íñigo Rosa Diego Inés Álvaro Nuria "
    "Óscar Paula Simón Marta Rubén Begoña Javier Amparo Félix Teresa Bruno"
)
LAST = listed(
    "Álvarez Muñoz Benítez Peña Domínguez Ibáñez Fernández Rojas González Vega Hernández Soto Jiménez Núñez Márquez "
    "Castro Ramírez Ortiz Rodríguez Molina Sánchez Iglesias Velázquez Ríos Zúñiga Campos Pérez Fuentes Gómez Bravo "
    "Carreño Lagos Quiroga Paredes Salinas Tapia Urrutia Valdés Yáñez Acuña"
)
PLACES = tuple(
    first + second
    for second, first in product(
        listed("luz mar rubia clara seca nueva honda bella"), listed("Villa Monte Val Torre Cala Agua Peña Campo")
    )
)
WOMEN = frozenset(listed("Ana María Carmen Lucía Sofía Elena Julia Rosa Inés Nuria Paula Marta Begoña Amparo Teresa"))
COMPANIES = tuple(
    first + second
    for second, first in product(listed("sol tel mex gas via red"), listed("Auto Banco Electro Petro Aero Hidro"))
)
EVERYONE = Names(FIRST, LAST, PLACES, COMPANIES)
ORGANIZATIONS = ("Banco", "Instituto", "Ayuntamiento", "Teatro", "Club")
WORKS = ("Trofeo", "Festival", "Campeonato", "Tratado", "Maratón")
PRIZES = ("Premio", "Proyecto", "Plan", "Informe")


def seen_in_training() -> Names:
    """The names without every fifth, which only test sets use."""
    return Names(
        *(tuple(name for number, name in enumerate(names) if number % UNSEEN_SHARE != 0) for names in EVERYONE)
    )


def person(random: Random, names: Names) -> Phrase:
    surnames = [random.choice(names.last) for _ in range(1 + (random.random() < 0.2))]
    return as_entity(_proper(random.choice(names.first), *surnames), "PER")


def place(random: Random, names: Names) -> Phrase:
    saint = ["San"] if random.random() < 0.15 else []
    return as_entity(_proper(*saint, random.choice(names.places)), "LOC")


def organization(random: Random, names: Names) -> Phrase:
    if random.random() < 0.5:
        return as_entity(_proper("Grupo", random.choice(names.companies)), "ORG")
    return as_entity(_of_place(random, names, ORGANIZATIONS), "ORG")


def miscellaneous(random: Random, names: Names) -> Phrase:
    if random.random() < 0.5:
        return as_entity(_proper(random.choice(PRIZES), random.choice(names.last)), "MISC")
    return as_entity(_of_place(random, names, WORKS), "MISC")


def _proper(*forms: str) -> Phrase:
    return [Word(form, "PROPN") for form in forms]


def _of_place(random: Random, names: Names, heads: tuple[str, ...]) -> Phrase:
    return [Word(random.choice(heads), "PROPN"), Word("de", "ADP"), Word(random.choice(names.places), "PROPN")]
