"""Load config.yaml and its overlays: every error at once, before any job starts."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from distilbeto.errors import UserError
from distilbeto.job.renames import new_key, new_value
from distilbeto.plan.checks import problems_of
from distilbeto.plan.completion import completed, problems_of_short_rows
from distilbeto.plan.config import Config
from distilbeto.plan.overlays import NAMED, ROWS
from distilbeto.plan.shapes import problems_of_shapes, with_shapes


def load_config(merged: Mapping[str, Any], *, look_at_sources: bool = True) -> Config:
    """Validate the mapping that config.yaml and its overlays make (plan/overlays.py), and complete its short rows.

    What the config.json of a source says, where it is local or fetched, is held against the rest, but is no part of the
    result. Jobs of a run do not look at sources: what is wrong with one would end those that need it not.

    Raises:
        UserError: with one line for each thing that is wrong.
    """
    try:
        config = Config.model_validate(dict(merged))
    except ValidationError as error:
        raise _refusal([_describe(entry, merged) for entry in error.errors()]) from None
    config = completed(config)
    problems = [*problems_of_short_rows(config), *problems_of(with_shapes(config) if look_at_sources else config)]
    if look_at_sources:
        problems += problems_of_shapes(config)
    if problems:
        raise _refusal(problems)
    return config


def _refusal(lines: list[str]) -> UserError:
    return UserError(
        f"{len(lines)} error{'s' * (len(lines) > 1)} in the configuration:\n  " + "\n  ".join(lines),
        remedy="Correct config.yaml or the file given with --configfile."
        " Every field is described in workflow/schemas/config.schema.json.",
    )


def _describe(entry: Any, merged: Mapping[str, Any]) -> str:
    place = _place(entry["loc"], merged)
    if entry["type"] == "extra_forbidden":
        block, key = ("", *map(str, entry["loc"]))[-2:]
        name = new_key(block, key)
        return f"{place} is now called {name}" if name else f"{place}: unknown key"
    name = new_value(place.rpartition(".")[2], entry["input"])
    if name:
        return f"{place}: {entry['input']} is now called {name}"
    if entry["type"] == "missing":
        return f"{place}: missing"
    if entry["input"] is None and entry["loc"][:-1] in NAMED:
        return f"{place}: null takes out what is there, and there is no {entry['loc'][-1]!r}"
    hint = ""
    if entry["type"] in ("float_type", "int_type") and isinstance(entry["input"], str):
        hint = " (YAML reads 1e-4 as text: write 1.0e-4, without quotes)"
    if entry["type"] == "string_type" and isinstance(entry["input"], bool):
        hint = " (YAML reads yes, no, on and off so: write it in quotes)"
    found = "" if entry["type"] == "value_error" else f", found {entry['input']!r}"
    return f"{place}: {entry['msg'].removeprefix('Value error, ')}{found}{hint}"


def _place(place: tuple[str | int, ...], merged: Mapping[str, Any]) -> str:
    """Where something stands, a row by its names: its number counts over files that are laid over each other."""
    words = [str(part) for part in place if part != "[key]"]
    names = ROWS.get(tuple(words[:2]))
    if names and len(words) > 2:
        row = merged[words[0]][words[1]][int(words[2])]
        title = ", ".join(f"{name} {row.get(name)}" for name in names) if isinstance(row, Mapping) else words[2]
        words = [words[0], f"{words[1]} ({title})", *words[3:]]
    return ".".join(words)
