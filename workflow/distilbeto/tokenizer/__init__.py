"""A prepared tokenizer, the same from corpus to test; its fingerprint identifies it."""

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
