"""Case and accents: the normalizer that settings ask for, and what a vocabulary says of the text it was made from."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, NamedTuple

from distilbeto.tokenizer.settings import Normalization

SYMBOL = re.compile(r"<[^<>]+>|\[[^\[\]]+\]")  # [CLS], <unk>, <0x0A>

CASE_AND_ACCENTS = ("Lowercase", "NFKD", "StripAccents")

# Shares of the pieces. The alphabet of a lower-cased vocabulary may hold capitals, one by one: between the two, nothing
# is said. A vocabulary of few pieces may lack accents by chance.
PRESENT, ABSENT = 0.01, 0.001
JUDGED_FOR_ACCENTS = 1000


class Shares(NamedTuple):
    """Of the pieces with letters: how many they are, and the shares with a capital and with an accent (ñ has one)."""

    pieces: int
    capitals: float
    accents: float


def shares_of(vocabulary: Iterable[str]) -> Shares:
    pieces = [piece for piece in vocabulary if not SYMBOL.fullmatch(piece) and any(map(str.isalpha, piece))]
    capitals = sum(piece != piece.lower() for piece in pieces)
    accents = sum(_has_accent(piece) for piece in pieces)
    return Shares(len(pieces), capitals / max(len(pieces), 1), accents / max(len(pieces), 1))


def mismatches(vocabulary: Iterable[str], settings: Normalization) -> list[str]:
    """What of `settings` makes pieces useless that the vocabulary has, or words unknown for pieces that it lacks."""
    pieces, capitals, accents = shares_of(vocabulary)
    if not pieces:
        return []
    found = []
    if settings.lowercase and capitals >= PRESENT:
        found.append(f"lowercase: true, but {_of(capitals, pieces)} a capital")
    if not settings.lowercase and capitals < ABSENT:
        found.append(f"lowercase: false, but {_of(capitals, pieces)} a capital")
    if settings.strip_accents and accents >= PRESENT:
        found.append(f"strip_accents: true, but {_of(accents, pieces)} an accent")
    if not settings.strip_accents and accents < ABSENT and pieces >= JUDGED_FOR_ACCENTS:
        found.append(f"strip_accents: false, but {_of(accents, pieces)} an accent")
    return found


def normalizer(original: dict[str, Any] | None, model_type: str | None, settings: Normalization) -> dict[str, Any]:
    """The normalizer that `settings` ask for.

    WordPiece gets BERT's, with strip_accents explicit: left null, it follows lowercase and turns niño into nino. Other
    models keep theirs; only its steps for case and accents are replaced, before the character map of SentencePiece.
    """
    if model_type == "WordPiece":
        defaults = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True}
        kept = original if original and original["type"] == "BertNormalizer" else {}
        return defaults | kept | {"strip_accents": settings.strip_accents, "lowercase": settings.lowercase}
    steps = [step for step in _flattened(original) if step["type"] not in CASE_AND_ACCENTS]
    wanted = ["Lowercase"] * settings.lowercase + ["NFKD", "StripAccents"] * settings.strip_accents
    map_position = next((position for position, step in enumerate(steps) if step["type"] == "Precompiled"), 0)
    return {
        "type": "Sequence",
        "normalizers": [*steps[:map_position], *({"type": name} for name in wanted), *steps[map_position:]],
    }


def _flattened(step: dict[str, Any] | None) -> list[dict[str, Any]]:
    if step is None:
        return []
    if step["type"] == "Sequence":
        return [inner for nested in step["normalizers"] for inner in _flattened(nested)]
    return [step]


def _of(share: float, pieces: int) -> str:
    return f"{format(share, '.2%') if share else 'none'} of the vocabulary's {pieces} pieces have"


def _has_accent(piece: str) -> bool:
    return not piece.isascii() and any(map(unicodedata.combining, unicodedata.normalize("NFD", piece)))
