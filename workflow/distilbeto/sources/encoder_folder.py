"""Where the encoder lies in a source: within the one folder of an archive, or where modules.json says.

That file of sentence-transformers lists encoder, pooling and more.
"""

from pathlib import Path
from typing import Any

from distilbeto.errors import UserError
from distilbeto.sources.archives import safe_name
from distilbeto.storage.files import read_json

MODULES = "modules.json"
ENCODER = "Transformer"  # the last part of the encoder's type in modules.json


def encoder_folder(source: Path) -> Path:
    """The folder of a source that holds its encoder and tokenizer: itself, the one that modules.json names, or a folder
    that is all that it holds.

    Raises:
        UserError: modules.json does not name one encoder below the source.
    """
    source = _unwrapped(source)
    listed = source / MODULES
    if not listed.is_file():
        return source
    places = [str(module.get("path", "")) for module in _modules(listed) if _kind(module) == ENCODER]
    if len(places) != 1:
        raise UserError(f"expected one module of type {ENCODER}, found {len(places)}", where=listed)
    return source / safe_name(places[0], where=str(listed)) if places[0] else source


def other_modules(source: Path) -> list[str]:
    """What a folder of sentence-transformers computes after its encoder: Pooling, Dense, Normalize."""
    listed = _unwrapped(source) / MODULES
    return [kind for kind in map(_kind, _modules(listed)) if kind != ENCODER] if listed.is_file() else []


def _unwrapped(source: Path) -> Path:
    """Archives often hold a single folder, and beside it what macOS adds."""
    if not source.is_dir():
        return source
    there = [path for path in sorted(source.iterdir()) if not path.name.startswith((".", "__MACOSX"))]
    return _unwrapped(there[0]) if len(there) == 1 and there[0].is_dir() else source


def _kind(module: dict[str, Any]) -> str:
    return str(module.get("type", "")).rpartition(".")[2]


def _modules(listed: Path) -> list[dict[str, Any]]:
    modules = read_json(listed)
    if not isinstance(modules, list) or not all(isinstance(module, dict) for module in modules):
        raise UserError("expected a list of modules, as sentence-transformers writes it", where=listed)
    return modules
