"""A prepared tokenizer, the same from corpus to test; its fingerprint identifies it."""

from copy import deepcopy
from pathlib import Path
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any, NamedTuple

from distilbeto.storage.files import read_json
from distilbeto.tokenizer.template import Template, bert_template

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tokenizers import Tokenizer


class LoadedTokenizer(NamedTuple):
    """A tokenizer with the ids of its special tokens; `fingerprint` changes with any of its settings.

    cls and sep are the first and the last special token of a sequence, whatever they are called (`<s>`, `<bos>`); all
    that a sequence has are in `template`. unk is None where bytes stand for what has no piece.
    own_template: None where it is BERT's. nfc: whether texts are composed (NFC) first; not where a published tokenizer
    is left alone.
    """

    tokenizer: "Tokenizer"
    fingerprint: str
    vocab_size: int
    pad: int
    unk: int | None
    cls: int
    sep: int
    mask: int
    own_template: Template | None = None
    nfc: bool = True

    @property
    def template(self) -> Template:
        """The special tokens around texts."""
        return self.own_template or bert_template(self.cls, self.sep)

    def special_ids(self) -> list[int]:
        """No token of a text has one of these."""
        roles = {self.pad, self.cls, self.sep, self.mask, *self.template.ids()}
        return sorted(roles if self.unk is None else {*roles, self.unk})

    def unknown(self, tokens: "NDArray[Any]") -> "NDArray[Any]":
        """Which of `tokens` are UNK, as booleans."""
        found: NDArray[Any] = tokens == (-1 if self.unk is None else self.unk)
        return found


def load_tokenizer(folder: Path) -> LoadedTokenizer:
    """Load tokenizer.json and manifest.json from a folder that `scripts/prepare_tokenizer.py` made."""
    from tokenizers import Tokenizer

    manifest = read_json(folder / "manifest.json")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    special = {"unk": None} | manifest["special_ids"]
    return LoadedTokenizer(
        tokenizer,
        manifest["fingerprint"],
        manifest["vocab_size"],
        **special,
        own_template=_template(manifest),
        nfc=manifest.get("nfc", True),
    )


def text_tokenizer(loaded: LoadedTokenizer) -> "Tokenizer":
    """A copy of the tokenizer that reads text as text: "[SEP]" in it is no separator, and is cut like any other word.

    A letter and an accent that combines with it (NFD) are one character (NFC), as vocabularies have it, unless the
    tokenizer is left as it was published. Offsets are those of the text as it was given; of a composed character, those
    of its letter alone.
    """
    from tokenizers import normalizers

    tokenizer = deepcopy(loaded.tokenizer)
    tokenizer.encode_special_tokens = True
    if loaded.nfc:
        own = [tokenizer.normalizer] if tokenizer.normalizer else []
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), *own])
    return tokenizer


def before_words(reading: "Tokenizer") -> str:
    """What a word begins with to read as it does within a sentence: a space, where the tokenizer tells the two apart.

    WordPiece does not, nor do tokenizers that put a space or "▁" before each word by themselves.
    """
    texts = [*ascii_lowercase, *(f" {letter}" for letter in ascii_lowercase)]
    ids = [encoding.ids for encoding in reading.encode_batch_fast(texts, add_special_tokens=False)]
    half = len(ascii_lowercase)
    return "" if ids[:half] == ids[half:] else " "


def _template(manifest: dict[str, Any]) -> Template | None:
    """Manifests of before have none: all tokenizers were BERT's."""
    found = manifest.get("template")
    if found is None:
        return None
    start, between, end = (tuple(found[part]) for part in ("start", "between", "end"))
    return Template(start, between, end, found["second"])
