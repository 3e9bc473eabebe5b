"""The words of a report: a YAML file for each language, in the folder `words` beside the code that prints them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from distilbeto.errors import UserError
from distilbeto.settings import Block

Words = TypeVar("Words", bound=Block)


def read_words(kind: type[Words], folder: Path, language: str) -> Words:
    """The words of one language, checked against the other languages of the folder.

    Raises:
        UserError: a key is missing that another language has, or the file does not fit `kind`.
    """
    texts = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))}
    place, keys = folder / f"{language}.yaml", set(_keys(texts[language]))
    for other, text in texts.items():
        absent = next((key for key in _keys(text) if key not in keys), None)
        if absent:
            raise UserError(f"no {absent}", where=place, remedy=f"Translate it from {other}.yaml.")
    try:
        return kind.model_validate(texts[language])
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", where=place) from None


def _keys(text: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in text.items():
        yield above + key
        if isinstance(value, dict):
            yield from _keys(value, f"{above}{key} / ")
