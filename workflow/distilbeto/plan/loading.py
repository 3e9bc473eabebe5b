"""Load config.yaml and its overlays: every error at once, before any job starts."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from distilbeto.errors import UserError
from distilbeto.job.renames import new_key, new_value
from distilbeto.plan.checks import problems_of
from distilbeto.plan.config import Config


def load_config(raw: Mapping[str, Any]) -> Config:
    """Validate the mapping that Snakemake read from config.yaml and its overlays.

    Raises:
        UserError: with one line for each thing that is wrong.
    """
    try:
        config = Config.model_validate(dict(raw))
    except ValidationError as error:
        raise _refusal([_describe(entry) for entry in error.errors()]) from None
    problems = list(problems_of(config))
    if problems:
        raise _refusal(problems)
    return config


def _refusal(lines: list[str]) -> UserError:
    return UserError(
        f"{len(lines)} error{'s' * (len(lines) > 1)} in the configuration:\n  " + "\n  ".join(lines),
        remedy="Correct config.yaml or the file given with --configfile."
        " Every field is described in workflow/schemas/config.schema.json.",
    )


def _describe(entry: Any) -> str:
    place = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        block, key = ("", *map(str, entry["loc"]))[-2:]
        name = new_key(block, key)
        return f"{place} is now called {name}" if name else f"{place}: unknown key"
    name = new_value(place.rpartition(".")[2], entry["input"])
    if name:
        return f"{place}: {entry['input']} is now called {name}"
    if entry["type"] == "missing":
        return f"{place}: missing"
    hint = ""
    if entry["type"] in ("float_type", "int_type") and isinstance(entry["input"], str):
        hint = " (YAML reads 1e-4 as text: write 1.0e-4, without quotes)"
    found = "" if entry["type"] == "value_error" else f", found {entry['input']!r}"
    return f"{place}: {entry['msg'].removeprefix('Value error, ')}{found}{hint}"
