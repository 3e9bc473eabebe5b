"""The words of the tables by language."""

from distilbeto.tables.english import ENGLISH
from distilbeto.tables.spanish import SPANISH

WORDS = {"es": SPANISH, "en": ENGLISH}
