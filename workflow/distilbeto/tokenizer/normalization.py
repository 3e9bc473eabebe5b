"""Case and accents: the normalizer that settings ask for, and what a vocabulary says of the text it was made from."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from distilbeto.tokenizer.settings import Normalization

SYMBOL = re.compile(r"<[^<>]+>|\[[^\[\]]+\]")  # [CLS], <unk>, <0x0A>

CASE, ACCENTS = ("Lowercase",), ("NFKD", "StripAccents")

# Shares of the pieces. The alphabet of a lower-cased vocabulary may hold capitals, one by one: between the two, nothing
# is said. A vocabulary of few pieces may lack accents by chance.
PRESENT, ABSENT = 0.01, 0.001
JUDGED_FOR_ACCENTS = 1000


class Shares(NamedTuple):
    """Of the pieces with letters: how many they are, and the shares with a capital and with an accent (ñ has one)."""

    pieces: int
    capitals: float
    accents: float


class Effect(NamedTuple):
    """What a tokenizer does to text, whether settings ask for it or it was published so."""

    lowercase: bool
    strip_accents: bool


def shares_of(vocabulary: Iterable[str]) -> Shares:
    pieces = [piece for piece in vocabulary if not SYMBOL.fullmatch(piece) and any(map(str.isalpha, piece))]
    capitals = sum(piece != piece.lower() for piece in pieces)
    accents = sum(_has_accent(piece) for piece in pieces)
    return Shares(len(pieces), capitals / max(len(pieces), 1), accents / max(len(pieces), 1))


def mismatches(vocabulary: Iterable[str], effect: Effect) -> list[str]:
    """What of `effect` makes pieces useless that the vocabulary has, or words unknown for pieces that it lacks."""
    pieces, capitals, accents = shares_of(vocabulary)
    if not pieces:
        return []
    found = []
    if effect.lowercase and capitals >= PRESENT:
        found.append(f"lowercase: true, but {_of(capitals, pieces)} a capital")
    if not effect.lowercase and capitals < ABSENT:
        found.append(f"lowercase: false, but {_of(capitals, pieces)} a capital")
    if effect.strip_accents and accents >= PRESENT:
        found.append(f"strip_accents: true, but {_of(accents, pieces)} an accent")
    if not effect.strip_accents and accents < ABSENT and pieces >= JUDGED_FOR_ACCENTS:
        found.append(f"strip_accents: false, but {_of(accents, pieces)} an accent")
    return found


def readable(vocabulary: Iterable[str], content: Mapping[str, Any]) -> list[str]:
    """The pieces of a vocabulary as text: those of a byte-level tokenizer stand for bytes, ñ is "Ã±" in them."""
    if not is_byte_level(content):
        return list(vocabulary)
    bytes_of = _byte_of_each_letter()
    return [
        bytes(bytes_of[letter] for letter in piece if letter in bytes_of).decode(errors="ignore")
        if not SYMBOL.fullmatch(piece)
        else piece
        for piece in vocabulary
    ]


def is_byte_level(content: Mapping[str, Any]) -> bool:
    steps = [step for part in ("normalizer", "pre_tokenizer") for step in flattened(content.get(part))]
    return any(step["type"] == "ByteLevel" for step in steps)


def normalizer(
    original: dict[str, Any] | None, model_type: str | None, settings: Normalization
) -> dict[str, Any] | None:
    """The normalizer that `settings` ask for; what they leave null stays as it is in `original`, the tokenizer's own.

    WordPiece gets BERT's, with strip_accents explicit: left null, it follows lowercase and turns niño into nino. Other
    models keep theirs; only its steps for case and accents are replaced, before the character map of SentencePiece.
    """
    asked = {
        name: value
        for name, value in (("strip_accents", settings.strip_accents), ("lowercase", settings.lowercase))
        if value is not None
    }
    if not asked:
        return original
    if model_type == "WordPiece":
        defaults = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True}
        defaults |= {"strip_accents": None, "lowercase": True}
        kept = original if original and original["type"] == "BertNormalizer" else {}
        return defaults | kept | asked
    replaced = CASE * ("lowercase" in asked) + ACCENTS * ("strip_accents" in asked)
    steps = [step for step in flattened(original) if step["type"] not in replaced]
    wanted = CASE * asked.get("lowercase", False) + ACCENTS * asked.get("strip_accents", False)
    map_position = next((position for position, step in enumerate(steps) if step["type"] == "Precompiled"), 0)
    return {
        "type": "Sequence",
        "normalizers": [*steps[:map_position], *({"type": name} for name in wanted), *steps[map_position:]],
    }


def flattened(step: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The steps of a normalizer or pre_tokenizer of a tokenizer.json, in order."""
    if step is None:
        return []
    if step["type"] == "Sequence":
        inner = step["normalizers"] if "normalizers" in step else step["pretokenizers"]
        return [each for nested in inner for each in flattened(nested)]
    return [step]


def _of(share: float, pieces: int) -> str:
    return f"{format(share, '.2%') if share else 'none'} of the vocabulary's {pieces} pieces have"


def _has_accent(piece: str) -> bool:
    return not piece.isascii() and any(map(unicodedata.combining, unicodedata.normalize("NFD", piece)))


def _byte_of_each_letter() -> dict[str, int]:
    """The alphabet of byte-level tokenizers (GPT-2): printable bytes are themselves, the others U+0100 and on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + place): byte for place, byte in enumerate(others)}
