"""Which tokens of a vocabulary pad, mask, begin and end a sequence, whatever they are called."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.tokenizer.normalization import is_byte_level
from distilbeto.tokenizer.template import Template, bert_template, template_of

NAMES = {
    "pad": ("[PAD]", "<pad>"),
    "unk": ("[UNK]", "<unk>"),
    "cls": ("[CLS]",),
    "sep": ("[SEP]",),
    "mask": ("[MASK]", "<mask>", "<|mask|>"),
}
# Beside those of NAMES, what transformers calls the token that begins and the one that ends a text.
EDGES = ("bos", "eos")


class SpecialTokens(NamedTuple):
    """The token of each role, those of the vocabulary that have no role in a sequence but a name, and the template."""

    roles: dict[str, str]
    edges: dict[str, str]
    template: Template


def find_special_tokens(
    content: Mapping[str, Any], declared: Mapping[str, Any], vocabulary: Mapping[str, int], where: Path
) -> SpecialTokens:
    """The special tokens of a published tokenizer.

    How a sequence is framed follows from its post_processor, or from add_bos_token and add_eos_token where they are
    declared, as in transformers; a tokenizer without either is BERT's if it has [CLS] and [SEP]. Of the other roles,
    what is declared goes before the usual names.

    Raises:
        UserError: the vocabulary lacks some of them; all are named.
    """
    known = {number: token for token, number in vocabulary.items()}
    template = _framed_by_edges(declared, vocabulary) or template_of(content.get("post_processor"), where)
    found = {role: _declared(role, declared, vocabulary) or _named(role, vocabulary) for role in NAMES}
    found["unk"] = _unknown(content, vocabulary) or found["unk"]
    pad = declared["config"].get("pad_token_id")
    found["pad"] = found["pad"] or (known.get(pad) if isinstance(pad, int) else None)
    if template:
        framing = [*template.start, *template.between, *template.end]
        found["cls"] = known.get(template.start[0]) if template.start else found["cls"] or known.get(framing[0])
        found["sep"] = known.get(template.end[-1]) if template.end else found["sep"] or known.get(framing[-1])
    missing = [" or ".join(NAMES[role]) for role, token in found.items() if token is None and role != "unk"]
    if found["unk"] is None and not _knows_bytes(content):
        missing.append(" or ".join(NAMES["unk"]))
    if missing:
        raise UserError(
            f"the vocabulary of {len(vocabulary)} tokens lacks {', '.join(missing)}",
            where=where,
            remedy="Use the tokenizer of an encoder, with its tokenizer_config.json, which says what they are called.",
        )
    roles = {role: token for role, token in found.items() if token is not None}
    edges = {edge: token for edge in EDGES if (token := _declared(edge, declared, vocabulary))}
    return SpecialTokens(roles, edges, template or bert_template(vocabulary[roles["cls"]], vocabulary[roles["sep"]]))


def _framed_by_edges(declared: Mapping[str, Any], vocabulary: Mapping[str, int]) -> Template | None:
    """That of Llama's and Gemma's: <bos> A <eos>, and <bos> A <eos><bos> B <eos> for a pair, the second of type 1."""
    added = [declared.get(f"add_{edge}_token") for edge in EDGES]
    if added == [None, None]:
        return None
    tokens = [_declared(edge, declared, vocabulary) if add else None for edge, add in zip(EDGES, added, strict=True)]
    bos, eos = (() if token is None else (vocabulary[token],) for token in tokens)
    return Template(bos, (*eos, *bos), eos, len(bos)) if bos or eos else None


def _declared(role: str, declared: Mapping[str, Any], vocabulary: Mapping[str, int]) -> str | None:
    token = declared.get(f"{role}_token")
    content = token.get("content") if isinstance(token, dict) else token
    return content if isinstance(content, str) and content in vocabulary else None


def _named(role: str, vocabulary: Mapping[str, int]) -> str | None:
    return next((name for name in NAMES[role] if name in vocabulary), None)


def _unknown(content: Mapping[str, Any], vocabulary: Mapping[str, int]) -> str | None:
    """The token that the model itself gives for what it does not know."""
    model = content["model"]
    if isinstance(model.get("unk_id"), int):
        piece: str = model["vocab"][model["unk_id"]][0]
        return piece
    token = model.get("unk_token")
    return token if token in vocabulary else None


def _knows_bytes(content: Mapping[str, Any]) -> bool:
    return bool(content["model"].get("byte_fallback")) or is_byte_level(content)
