"""What an error tells to set, the configuration takes."""

import ast
import re
from collections.abc import Iterator

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError
from tests.conftest import ROOT

from distilbeto.plan.config import Config

# `latency: {onnx: []}`; set precision: fp32; set compile to false; initialization.layers: null
SETTINGS = re.compile(
    r"`(?P<quoted>[\w.]+: [^`]+)`"
    r"|(?:[Ss]et (?P<set>[a-z_.]+)(?:: | to )|(?P<dotted>[a-z_]+\.[a-z_.]+): )(?P<value>[a-z0-9][a-z0-9-]*)"
)


def remedies() -> Iterator[tuple[str, str]]:
    """The texts given as `remedy`, with their files."""
    for folder in ("workflow", "scripts"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword) and node.arg == "remedy":
                    parts = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
                    yield path.name, "".join(str(part) for part in parts)


def named_settings() -> list[tuple[str, str]]:
    """Every setting that a remedy gives a value, as YAML, with the file of the remedy."""
    return [
        (file, match["quoted"] or f"{match['set'] or match['dotted']}: {match['value']}")
        for file, text in remedies()
        for match in SETTINGS.finditer(text)
    ]


def blocks(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A block of the configuration and all that are in it."""
    yield model
    for field in model.model_fields.values():
        pending = [field.annotation]
        while pending:
            annotation = pending.pop()
            pending += getattr(annotation, "__args__", ())
            if isinstance(annotation, type) and issubclass(annotation, BaseModel):
                yield from blocks(annotation)


def is_accepted(name: str, value: object) -> bool:
    """Whether some block has the setting and takes the value; what else a block requires stands in it already."""
    first, *rest = name.split(".")
    for part in reversed(rest):
        value = {part: value}
    for block in blocks(Config):
        if first in block.model_fields:
            field = block.model_fields[first]
            try:
                TypeAdapter(field.annotation).validate_python(value)
            except ValidationError as error:
                if all(entry["type"] == "missing" for entry in error.errors()):
                    return True
            else:
                return True
    return False


def test_remedies_name_settings() -> None:
    assert ("export.py", "latency: {onnx: []}") in named_settings()


@pytest.mark.parametrize(("file", "setting"), named_settings())
def test_the_configuration_takes_what_a_remedy_says(file: str, setting: str) -> None:
    ((name, value),) = yaml.safe_load(setting).items()
    assert is_accepted(name, value), f"{file}: {setting}"


def test_what_the_configuration_refuses_is_told() -> None:
    assert not is_accepted("latency.onnx", False)
    assert not is_accepted("compilation", False)
