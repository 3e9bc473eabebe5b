"""Encode lines in bulk with a fast library that gives the same ids as `tokenizers`, the reference, or with the latter.

nanotoken (MIT) reads only WordPiece, and caches words. kitoken (BSD) reads s-ALBERT's byte-pair encoding, and is slower
with WordPiece. Both are young and have one author each: a library is used only where it gives the ids of the reference
on a sample of the text (`engine_for`). gigatoken, faster still, reads neither tokenizer.
"""

import json
import logging
import re
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.tokenizer import LoadedTokenizer

SPACE = "▁"  # as SentencePiece writes it


class Encoded(NamedTuple):
    """The tokens of lines, one line after the other, without special tokens."""

    tokens: NDArray[Any]  # [tokens]
    lengths: NDArray[np.int64]  # [lines]


class Engine(NamedTuple):
    name: str
    encode: Callable[[Sequence[str]], Encoded]


def engine_for(tokenizer: LoadedTokenizer, sample: Sequence[str]) -> Engine:
    """The fastest library that reads `tokenizer` and gives every line of `sample` the ids of the reference."""
    reference = reference_engine(tokenizer)
    fast = fast_engine(tokenizer)
    if fast is None:
        return reference
    expected, found = reference.encode(sample), fast.encode(sample)
    if all(np.array_equal(*pair) for pair in zip(expected, found, strict=True)):
        return fast
    logging.warning("%s differs from %s on lines of this text, and is not used", fast.name, reference.name)
    return reference


def reference_engine(tokenizer: LoadedTokenizer) -> Engine:
    """`tokenizers`, set to read special tokens in a text as text: "[PAD]" in a line is no padding."""
    reference = tokenizer.tokenizer
    reference.encode_special_tokens = True

    def encode(lines: Sequence[str]) -> Encoded:
        return _flat([encoding.ids for encoding in reference.encode_batch_fast(lines, add_special_tokens=False)])

    return Engine(_name_and_version("tokenizers"), encode)


def fast_engine(tokenizer: LoadedTokenizer) -> Engine | None:
    """The library that reads the model of `tokenizer`; None if there is none or it is not installed."""
    content = json.loads(tokenizer.tokenizer.to_str())
    makers = {"WordPiece": _nanotoken, "BPE": _kitoken}
    make = makers.get(content["model"]["type"])
    try:
        return make and make(content, reference_engine(tokenizer))
    except ImportError as error:
        logging.warning("%s is not installed: tokenizers does its work, slower", error.name)
    except ValueError as error:  # raised by both libraries for a tokenizer that they do not support
        logging.warning("%s", error)
    return None


def _nanotoken(content: dict[str, Any], _: Engine) -> Engine:
    from nanotoken import Tokenizer

    if any(not token["special"] for token in content["added_tokens"]):
        raise ValueError("nanotoken does not read added tokens: tokenizers does its work, slower")
    without_special = content | {"added_tokens": [], "post_processor": None}
    tokenizer = Tokenizer.from_json(json.dumps(without_special))

    def encode(lines: Sequence[str]) -> Encoded:
        found = tokenizer.encode_batch(lines, add_special_tokens=False, parallel=False)
        return Encoded(found.ids, np.diff(found.offsets))

    return Engine(_name_and_version("nanotoken"), encode)


def _kitoken(content: dict[str, Any], reference: Engine) -> Engine:
    """kitoken; the reference reads lines that kitoken reads otherwise: with special tokens, or only a space to it."""
    from kitoken import Kitoken

    tokenizer = Kitoken.from_tokenizers(json.dumps(_for_kitoken(content)).encode())
    special = re.compile("|".join(re.escape(token["content"]) for token in content["added_tokens"]))
    blank = [content["model"]["vocab"].get(SPACE)]

    def encode(lines: Sequence[str]) -> Encoded:
        ids = tokenizer.encode_all(list(lines), False)
        for number, line in enumerate(lines):
            if ids[number] == blank or special.search(line):
                ids[number] = reference.encode([line]).tokens.tolist()
        return _flat(ids)

    return Engine(_name_and_version("kitoken"), encode)


def _for_kitoken(content: dict[str, Any]) -> dict[str, Any]:
    """`content` with kitoken's name of the normalizer Strip."""
    normalizer = content["normalizer"]
    if not normalizer or normalizer["type"] != "Sequence":
        return content
    parts = [
        part | {"type": "StripNormalizer"} if part["type"] == "Strip" else part for part in normalizer["normalizers"]
    ]
    return content | {"normalizer": normalizer | {"normalizers": parts}}


def _flat(ids: list[list[int]]) -> Encoded:
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    return Encoded(np.fromiter(chain.from_iterable(ids), np.uint32, int(lengths.sum())), lengths)


def _name_and_version(package: str) -> str:
    return f"{package} {version(package)}"
