"""Tokens added to a vocabulary by the files beside it, which transformers finds in a text before all pieces."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError

FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True, "special": False}


def with_added_tokens(content: dict[str, Any], declared: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """`content` of a tokenizer.json with the tokens that it lacks.

    `declared` are the entries of tokenizer_config.json, and those of added_tokens.json under `added_tokens`; of the two
    the former's added_tokens_decoder says all where it is there.

    Raises:
        UserError: an id is not a number, or leaves a gap after the vocabulary.
    """
    pieces = content["model"].get("vocab", ())
    known = {piece if isinstance(piece, str) else piece[0] for piece in pieces}
    own = content.get("added_tokens", [])
    known |= {token["content"] for token in own}
    added = sorted(
        (token for token in _declared_tokens(declared, where) if token["content"] not in known),
        key=lambda token: int(token["id"]),
    )
    first = 1 + max([*_ids(pieces), *(int(token["id"]) for token in own)], default=-1)
    wrong = [token for place, token in enumerate(added) if token["id"] != first + place]
    if wrong:
        raise UserError(
            f"the added token {wrong[0]['content']!r} has the id {wrong[0]['id']}, and ids to {first - 1} are taken",
            where=where,
            remedy="Added tokens follow the vocabulary without a gap. Correct its files, or save a tokenizer.json.",
        )
    return content | {"added_tokens": [*own, *added]} if added else content


def _declared_tokens(declared: Mapping[str, Any], where: Path) -> list[dict[str, Any]]:
    try:
        if "added_tokens_decoder" in declared:
            found = declared["added_tokens_decoder"].items()
            return [
                {"id": int(number), "content": str(token["content"])}
                | {flag: bool(token.get(flag, default)) for flag, default in FLAGS.items()}
                for number, token in found
            ]
        return [FLAGS | {"id": int(number), "content": token} for token, number in declared["added_tokens"].items()]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UserError("its added tokens have no form that transformers writes", where=where) from None


def _ids(pieces: Any) -> range | list[int]:
    return list(pieces.values()) if isinstance(pieces, Mapping) else range(len(pieces))
