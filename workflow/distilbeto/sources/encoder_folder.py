"""Where the encoder lies in a folder of sentence-transformers, whose modules.json lists encoder, pooling and more."""

from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.sources.archives import safe_name
from distilbeto.storage.files import read_json

MODULES = "modules.json"
ENCODER = "Transformer"  # the last part of the encoder's type in modules.json


def encoder_folder(source: Path) -> Path:
    """The folder of a source that holds its encoder and tokenizer: itself, or the one that modules.json names.

    Raises:
        UserError: modules.json does not name one encoder below the source.
    """
    listed = source / MODULES
    if not listed.is_file():
        return source
    places = [str(module.get("path", "")) for module in _modules(listed) if _kind(module) == ENCODER]
    if len(places) != 1:
        raise UserError(f"expected one module of type {ENCODER}, found {len(places)}", where=listed)
    return source / safe_name(places[0], where=str(listed)) if places[0] else source


def other_modules(source: Path) -> list[str]:
    """What a folder of sentence-transformers computes after its encoder: Pooling, Dense, Normalize."""
    listed = source / MODULES
    return [kind for kind in map(_kind, _modules(listed)) if kind != ENCODER] if listed.is_file() else []


def _kind(module: dict[str, Any]) -> str:
    return str(module.get("type", "")).rpartition(".")[2]


def _modules(listed: Path) -> list[dict[str, Any]]:
    modules = read_json(listed)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise UserError("expected a list of modules, as sentence-transformers writes it", where=listed)
    return modules
