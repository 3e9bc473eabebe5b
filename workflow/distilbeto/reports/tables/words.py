"""Which words tables need, in each language."""

from typing import NamedTuple


class Words(NamedTuple):
    language: str
    babel: str
    decimal_mark: str
    headings: dict[str, str]
    captions: dict[str, str]
    interval_captions: dict[str, str]
    protocols: dict[str, dict[str, str]]
    kinds: dict[str, str]
    searched: str
    superscripts: str
    without_superscript: str
    several_seeds: str
    far: str
    no_deviation: str
    several_runs: str
    reasons: dict[str, str]
    energy: dict[str, str]
