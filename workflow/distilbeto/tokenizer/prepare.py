"""From a published tokenizer to the one that a run uses: normalization as set, without truncation and padding."""

import logging
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.sources.encoder_folder import encoder_folder
from distilbeto.storage.files import fingerprint_of, write_json
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer.normalization import Effect, mismatches, normalizer, readable
from distilbeto.tokenizer.settings import Normalization
from distilbeto.tokenizer.sources import build, read_tokenizer
from distilbeto.tokenizer.special_tokens import SpecialTokens, find_special_tokens
from distilbeto.tokenizer.template import Template, post_processor_of, template_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ADDED_TOKEN = {"single_word": False, "lstrip": False, "rstrip": False}


def prepare_tokenizer(source: Path, settings: Normalization, output: Path) -> None:
    """Write tokenizer.json, tokenizer_config.json and manifest.json to the folder `output`.

    Raises:
        UserError: `source` holds no readable tokenizer, or one without PAD, UNK, CLS, SEP or MASK; its vocabulary is of
            another case than `settings`, or of other accents.
    """
    stopwatch = Stopwatch()
    content, repairs, declared = read_tokenizer(encoder_folder(source))
    vocabulary = build(content, source).get_vocab(with_added_tokens=True)
    special_tokens = find_special_tokens(content, declared, vocabulary, source)
    prepared = prepare(content, settings, special_tokens, vocabulary, source)
    effect = _effect(settings, build(prepared, source))
    _check_normalization(readable(vocabulary, content), settings, effect, source)
    write_json(output / "tokenizer.json", prepared)
    write_json(output / "tokenizer_config.json", transformers_settings(special_tokens, effect, prepared))
    manifest = {
        "fingerprint": fingerprint_of(prepared),
        "vocab_size": max(vocabulary.values()) + 1,
        "special_ids": {role: vocabulary[token] for role, token in special_tokens.roles.items()},
        "template": special_tokens.template._asdict(),
        "nfc": not is_left_alone(settings),
        **effect._asdict(),
    }
    if repairs:
        manifest["repairs"] = repairs
        logging.warning(
            "%s: %s", source, ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in repairs.items())
        )
    write_json(output / "manifest.json", manifest | {"provenance": provenance(settings.model_dump(), stopwatch)})


def is_left_alone(settings: Normalization) -> bool:
    """Whether text is to be normalized as the published tokenizer does it, and in no other way."""
    return settings.lowercase is None and settings.strip_accents is None


def _effect(settings: Normalization, prepared: "Tokenizer") -> Effect:
    """What is not set is what the normalizer does."""

    def becomes(letter: str, other: str) -> bool:
        return prepared.normalizer is not None and other in prepared.normalizer.normalize_str(letter)

    lowercase = becomes("A", "a") if settings.lowercase is None else settings.lowercase
    strip_accents = becomes("ñ", "n") if settings.strip_accents is None else settings.strip_accents
    return Effect(lowercase, strip_accents)


def _check_normalization(pieces: Iterable[str], settings: Normalization, effect: Effect, where: Path) -> None:
    """What was published so is no error of the settings, but said."""
    found = mismatches(pieces, effect)
    if found and not (settings.ignore_vocabulary_mismatch or is_left_alone(settings)):
        raise UserError(
            "; ".join(found),
            where=where,
            remedy="Set it as the vocabulary was made, or null, as the tokenizer was published; or insist: "
            "ignore_vocabulary_mismatch: true of the tokenizer.",
        )
    if found:
        logging.warning("%s: %s", where, "; ".join(found))


def prepare(
    content: dict[str, Any],
    settings: Normalization,
    special_tokens: SpecialTokens,
    vocabulary: Mapping[str, int],
    where: Path,
) -> dict[str, Any]:
    """The content of a tokenizer.json without truncation and padding, with the normalizer and template set here.

    Published files truncate at 510 tokens, which would silently shorten texts.
    """
    special_ids = {token: vocabulary[token] for token in special_tokens.roles.values()}
    added_tokens = _added_tokens(content.get("added_tokens", []), special_ids)
    return content | {
        "truncation": None,
        "padding": None,
        "added_tokens": added_tokens,
        "normalizer": normalizer(content.get("normalizer"), content["model"].get("type"), settings),
        "pre_tokenizer": pre_tokenizer(content, added_tokens),
        "post_processor": _post_processor(content.get("post_processor"), special_tokens.template, vocabulary, where),
    }


def pre_tokenizer(content: dict[str, Any], added_tokens: list[dict[str, Any]]) -> dict[str, Any] | None:
    """That of `content`; a unigram model's also cuts "<pad>" after its first character, so that in a text it is text.

    SentencePiece never finds its control symbols in a text; `tokenizers` finds them as it does all pieces.
    """
    original: dict[str, Any] | None = content.get("pre_tokenizer")
    model = content["model"]
    if model.get("type") != "Unigram":
        return original
    special = {token["content"] for token in added_tokens if token["special"] and len(token["content"]) > 1}
    symbols = [piece for piece, _ in model["vocab"] if piece in special]
    cut = "|".join(f"(?<={re.escape(piece[0])})(?={re.escape(piece[1:])})" for piece in symbols)
    split = {"type": "Split", "pattern": {"Regex": cut}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [*([original] if original else []), split]} if symbols else original


def _added_tokens(original: list[dict[str, Any]], special_ids: Mapping[str, int]) -> list[dict[str, Any]]:
    """Special tokens are matched before normalization, which would otherwise lower-case [MASK]."""
    tokens = {entry["content"]: entry for entry in original}
    for token, token_id in special_ids.items():
        fixed = {"id": token_id, "content": token, "special": True, "normalized": False}
        tokens[token] = ADDED_TOKEN | tokens.get(token, {}) | fixed
    return sorted(tokens.values(), key=lambda entry: int(entry["id"]))


def _post_processor(
    original: dict[str, Any] | None, template: Template, vocabulary: Mapping[str, int], where: Path
) -> dict[str, Any]:
    """That of `template`; the tokenizer's own where it has the same and trims offsets besides."""
    trims = original is not None and original["type"] in ("RobertaProcessing", "Sequence")
    if original is not None and trims and template_of(original, where) == template:
        return original
    return post_processor_of(template, {number: token for token, number in vocabulary.items()})


def transformers_settings(special_tokens: SpecialTokens, effect: Effect, prepared: Mapping[str, Any]) -> dict[str, Any]:
    """The tokenizer_config.json with which transformers loads tokenizer.json unchanged."""
    names = special_tokens.edges | special_tokens.roles
    flags = {token["content"]: token for token in prepared["added_tokens"]}
    token_types = ["token_type_ids"] if special_tokens.template.second is not None else []
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **{f"{role}_token": _declaration(flags.get(token), token) for role, token in names.items()},
        "do_lower_case": effect.lowercase,
        "strip_accents": effect.strip_accents,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", *token_types, "attention_mask"],
    }


def _declaration(added: Mapping[str, Any] | None, token: str) -> Any:
    """A token by its text, or in full where it takes the spaces beside it, which transformers would else forget."""
    if added is None or not (added["lstrip"] or added["rstrip"]):
        return token
    kept = ("content", "single_word", "lstrip", "rstrip", "normalized", "special")
    return {"__type": "AddedToken"} | {name: added[name] for name in kept}
