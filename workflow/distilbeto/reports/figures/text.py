"""The words and numbers of the figures, in each language."""

from pathlib import Path

from distilbeto.reports.words import read_words
from distilbeto.settings import Block


class Words(Block):
    decimal_mark: str
    thousands: str
    length: str
    percentage: str
    of_sequences: str
    of_tokens: str
    median: str
    mean: str
    summary: list[str]
    step: str
    losses: dict[str, str]
    held_out_loss: str
    held_out_accuracy: str
    speed: str
    teacher: str
    average: str
    parameters: str
    seconds: str
    partial: str
    published: str
    difference: str


def words_of(language: str) -> Words:
    return read_words(Words, Path(__file__).parent / "words", language)


def number(value: float, words: Words, decimals: int = 0) -> str:
    """A number as the language writes it: 19 376 663 or 3,5 in Spanish."""
    written = f"{value:,.{decimals}f}"
    return written.replace(",", "\0").replace(".", words.decimal_mark).replace("\0", words.thousands)


def percent(share: float, words: Words) -> str:
    """A share in percent, with enough decimals to tell a small one from none."""
    decimals = 0 if share == 0 else 1 if share >= 0.001 else 3
    return f"{number(100 * share, words, decimals)} %"
