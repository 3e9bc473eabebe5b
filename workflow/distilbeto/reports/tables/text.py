"""The words of the tables by language."""

from distilbeto.reports.tables.english import ENGLISH
from distilbeto.reports.tables.spanish import SPANISH

WORDS = {"es": SPANISH, "en": ENGLISH}
