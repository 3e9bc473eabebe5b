"""From a published tokenizer to the one that a run uses: normalization as set, without truncation and padding."""

import json
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.storage.files import fingerprint_of, write_json
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer.normalization import SYMBOL, mismatches, normalizer
from distilbeto.tokenizer.settings import Normalization
from distilbeto.tokenizer.sources import read_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL_NAMES = {
    "pad": ("[PAD]", "<pad>"),
    "unk": ("[UNK]", "<unk>"),
    "cls": ("[CLS]",),
    "sep": ("[SEP]",),
    "mask": ("[MASK]",),
}
ADDED_TOKEN = {"single_word": False, "lstrip": False, "rstrip": False}


def prepare_tokenizer(source: Path, settings: Normalization, output: Path) -> None:
    """Write tokenizer.json, tokenizer_config.json and manifest.json to the folder `output`.

    Raises:
        UserError: `source` holds no readable tokenizer, or one without PAD, UNK, CLS, SEP or MASK; its vocabulary is of
            another case than `settings`, or of other accents.
    """
    stopwatch = Stopwatch()
    content, repairs = read_tokenizer(source)
    vocabulary = _build(content, source).get_vocab(with_added_tokens=True)
    _check_normalization(vocabulary, settings, source)
    special_tokens = find_special_tokens(vocabulary, source)
    prepared = prepare(content, settings, special_tokens, vocabulary)
    _build(prepared, source)
    write_json(output / "tokenizer.json", prepared)
    write_json(output / "tokenizer_config.json", transformers_settings(special_tokens, settings))
    manifest = {
        "fingerprint": fingerprint_of(prepared),
        "vocab_size": max(vocabulary.values()) + 1,
        "special_ids": {role: vocabulary[token] for role, token in special_tokens.items()},
        "lowercase": settings.lowercase,
        "strip_accents": settings.strip_accents,
    }
    if repairs:
        manifest["repairs"] = repairs
        logging.warning(
            "%s: %s", source, ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in repairs.items())
        )
    write_json(output / "manifest.json", manifest | {"provenance": provenance(settings.model_dump(), stopwatch)})


def _check_normalization(vocabulary: Iterable[str], settings: Normalization, where: Path) -> None:
    found = mismatches(vocabulary, settings)
    if found and not settings.ignore_vocabulary_mismatch:
        raise UserError(
            "; ".join(found),
            where=where,
            remedy="Set it as the vocabulary was made; or insist: ignore_vocabulary_mismatch: true of the tokenizer.",
        )
    if found:
        logging.warning("%s: %s", where, "; ".join(found))


def find_special_tokens(vocabulary: dict[str, int], where: Path) -> dict[str, str]:
    """The token of each role of SPECIAL_NAMES.

    Raises:
        UserError: the vocabulary lacks some of them; all are named.
    """
    found = {role: next((name for name in names if name in vocabulary), None) for role, names in SPECIAL_NAMES.items()}
    missing = [" or ".join(SPECIAL_NAMES[role]) for role, token in found.items() if token is None]
    if missing:
        raise UserError(
            f"the vocabulary of {len(vocabulary)} tokens lacks {', '.join(missing)}",
            where=where,
            remedy="Use the tokenizer of a BERT or an ALBERT.",
        )
    return {role: token for role, token in found.items() if token is not None}


def prepare(
    content: dict[str, Any], settings: Normalization, special_tokens: dict[str, str], vocabulary: dict[str, int]
) -> dict[str, Any]:
    """The content of a tokenizer.json without truncation and padding, with the normalizer and template set here.

    Published files truncate at 510 tokens, which would silently shorten texts.
    """
    special_ids = {token: vocabulary[token] for token in special_tokens.values()}
    return content | {
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(content.get("added_tokens", []), special_ids),
        "normalizer": normalizer(content.get("normalizer"), content["model"].get("type"), settings),
        "pre_tokenizer": pre_tokenizer(content),
        "post_processor": _template(special_tokens["cls"], special_tokens["sep"], special_ids),
    }


def pre_tokenizer(content: dict[str, Any]) -> dict[str, Any] | None:
    """That of `content`; a unigram model's also cuts "<pad>" after its first character, so that in a text it is text.

    SentencePiece never finds its control symbols in a text; `tokenizers` finds them as it does all pieces.
    """
    original: dict[str, Any] | None = content.get("pre_tokenizer")
    model = content["model"]
    if model.get("type") != "Unigram":
        return original
    symbols = [piece for piece, _ in model["vocab"] if SYMBOL.fullmatch(piece)]
    cut = "|".join(f"(?<={re.escape(piece[0])})(?={re.escape(piece[1:])})" for piece in symbols)
    split = {"type": "Split", "pattern": {"Regex": cut}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [*([original] if original else []), split]} if symbols else original


def _added_tokens(original: list[dict[str, Any]], special_ids: dict[str, int]) -> list[dict[str, Any]]:
    """Special tokens are matched before normalization, which would otherwise lower-case [MASK]."""
    tokens = {entry["content"]: entry for entry in original}
    for token, token_id in special_ids.items():
        fixed = {"id": token_id, "content": token, "special": True, "normalized": False}
        tokens[token] = ADDED_TOKEN | tokens.get(token, {}) | fixed
    return sorted(tokens.values(), key=lambda entry: int(entry["id"]))


def _template(cls: str, sep: str, special_ids: dict[str, int]) -> dict[str, Any]:
    """[CLS] A [SEP] for one text, [CLS] A [SEP] B [SEP] for a pair, the second text of type 1."""

    def special(token: str, type_id: int) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": type_id}}

    def text(name: str, type_id: int) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": type_id}}

    single = [special(cls, 0), text("A", 0), special(sep, 0)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, text("B", 1), special(sep, 1)],
        "special_tokens": {name: {"id": name, "ids": [special_ids[name]], "tokens": [name]} for name in (cls, sep)},
    }


def transformers_settings(special_tokens: dict[str, str], settings: Normalization) -> dict[str, Any]:
    """The tokenizer_config.json with which transformers loads tokenizer.json unchanged."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **{f"{role}_token": token for role, token in special_tokens.items()},
        "do_lower_case": settings.lowercase,
        "strip_accents": settings.strip_accents,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
    }


def _build(content: dict[str, Any], source: Path) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_str(json.dumps(content))
    except Exception as error:  # tokenizers raises bare Exceptions
        raise UserError(f"the tokenizers library refuses this tokenizer: {error}", where=source) from None
