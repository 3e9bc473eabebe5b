"""A prepared tokenizer, the same from corpus to test; its fingerprint identifies it."""

from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from distilbeto.storage.files import read_json

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class LoadedTokenizer(NamedTuple):
    """A tokenizer with the ids of its special tokens; `fingerprint` changes with any of its settings."""

    tokenizer: "Tokenizer"
    fingerprint: str
    vocab_size: int
    pad: int
    unk: int
    cls: int
    sep: int
    mask: int


def load_tokenizer(folder: Path) -> LoadedTokenizer:
    """Load tokenizer.json and manifest.json from a folder that `scripts/prepare_tokenizer.py` made."""
    from tokenizers import Tokenizer

    manifest = read_json(folder / "manifest.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return LoadedTokenizer(tokenizer, manifest["fingerprint"], manifest["vocab_size"], **manifest["special_ids"])


def text_tokenizer(loaded: LoadedTokenizer) -> "Tokenizer":
    """A copy of the tokenizer that reads text as text: "[SEP]" in it is no separator, and is cut like any other word.

    A letter and an accent that combines with it (NFD) are one character (NFC), as vocabularies have it. Offsets are
    those of the text as it was given; of a composed character, those of its letter alone.
    """
    from tokenizers import normalizers

    tokenizer = deepcopy(loaded.tokenizer)
    tokenizer.encode_special_tokens = True
    own = [tokenizer.normalizer] if tokenizer.normalizer else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *own])
    return tokenizer
