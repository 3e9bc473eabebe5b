"""Files of the configuration laid over each other: mappings merge, rows merge by their names, null takes out.

Snakemake merges the files that it is given too, but there lists replace lists, and a key that stands twice in a file
hides the first of its values without a word. So they are read again here, in the same order.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from distilbeto.errors import UserError

Place = tuple[str, ...]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Lists whose entries are known by these of their fields.
ROWS: dict[Place, Place] = {
    ("finetuning", "rows"): ("task", "model"),
    ("tables", "classification"): ("task", "test"),
    ("tables", "question_answering"): ("task", "test"),
}
# Mappings from which null takes a name out.
BLOCKS = ("sources", "tokenizers", "corpora", "models", "students", "datasets", "tasks")
NAMED: set[Place] = {*((block,) for block in BLOCKS), ("finetuning", "grids")}
# Blocks whose rows and lists name models and tasks.
NAMING = {"finetuning", "tables", "latency"}


def read_layers(files: Sequence[Path | str], arguments: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The files in their order, then each `key=value` of the command line, whose value is YAML.

    Raises:
        UserError: keys stand twice in a mapping, with the lines of all of them; or an argument is not YAML.
    """
    problems: list[str] = []
    layers = [_read(Path(file), problems) for file in files]
    if problems:
        raise UserError(
            "a key stands twice, and the second would hide the first:\n  " + "\n  ".join(problems),
            remedy="Write each key once, with all that belongs to it below.",
        )
    return [*layers, *map(_argument, arguments)]


def merge(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Each layer over those before it.

    An entry of ROWS changes those fields that it gives of the entry with the same names, or is added; null among the
    entries takes out all that were there, as an empty list does. In NAMED, null takes a name out. A model or task goes
    with all that names it: rows, columns, latency.onnx, the spaces of grids.

    Raises:
        UserError: the teacher of a student is taken out.
    """
    merged: Any = {}
    seen: dict[str, set[str]] = {"models": set(), "tasks": set()}
    for layer in layers:
        merged = _laid_over(merged, layer, ())
        for block, names in seen.items():
            names.update(_mapping(merged, block))
    models, tasks = (names.difference(_mapping(merged, block)) for block, names in seen.items())
    taught = {key: _mapping(student).get("teacher") for key, student in _mapping(merged, "students").items()}
    lines = [f"students.{key}.teacher: {name} is taken out" for key, name in taught.items() if _is_gone(name, models)]
    if lines:
        remedy = "Take the student out too (students: {name: null}), or keep the model."
        raise UserError("\n  ".join(lines), remedy=remedy)
    fields = {"model": models, "models": models, "onnx": models, "task": tasks, "tasks": tasks}
    return {key: _without(block, fields) if key in NAMING else block for key, block in merged.items()}


def _read(file: Path, problems: list[str]) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    try:
        return dict(json.loads(text))  # before YAML, as Snakemake does: it takes 1e-05 for text
    except ValueError:
        pass
    loader = LOADER(text)
    node = loader.get_single_node()
    name = os.path.relpath(file)
    problems += [f"{name}: {key}, on line {first} and on line {second}" for key, first, second in _repeated(node, ())]
    return dict(loader.construct_document(node) or {}) if node else {}


def _argument(argument: str) -> dict[str, Any]:
    """Snakemake itself leaves the numbers inside of a value as text."""
    key, _, value = argument.partition("=")
    try:
        return {key: yaml.safe_load(value)}
    except yaml.YAMLError:
        raise UserError(f"the value of {key} is not YAML: {value}", where="--config") from None


def _repeated(node: Any, place: Place) -> Iterator[tuple[str, int, int]]:
    """Keys that a mapping has twice: their place in the configuration, the line of the first and that of another."""
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield from _repeated(child, (*place, str(number)))
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, child in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines:
                yield ".".join((*place, name)), lines[name], line
            lines.setdefault(name, line)
            yield from _repeated(child, (*place, name))


def _laid_over(below: Any, above: Any, place: Place) -> Any:
    if isinstance(above, Mapping):
        merged = dict(below) if isinstance(below, Mapping) else {}
        for key, value in above.items():
            if value is None and place in NAMED and key in merged:
                del merged[key]
            else:
                merged[key] = _laid_over(merged.get(key), value, (*place, str(key)))
        return merged
    if isinstance(above, list) and place in ROWS:
        return _rows_laid_over(below if isinstance(below, list) else [], above, ROWS[place])
    return above


def _rows_laid_over(below: list[Any], above: list[Any], names: Place) -> list[Any]:
    if not above or None in above:
        return [row for row in above if row is not None]
    rows = list(below)
    places = {_names(row, names): place for place, row in enumerate(below) if isinstance(row, Mapping)}
    changed: set[int] = set()
    for row in above:
        place = places.get(_names(row, names)) if isinstance(row, Mapping) else None
        if place is None:
            rows.append(row)
        elif place in changed:
            rows.append({**rows[place], **row})  # the same file gives it twice: checks refuse it
        else:
            rows[place] = {**rows[place], **row}
            changed.add(place)
    return rows


def _names(row: Mapping[str, Any], names: Place) -> tuple[str, ...]:
    return tuple(str(row.get(name)) for name in names)


def _without(value: Any, gone: Mapping[str, set[str]]) -> Any:
    """Settings without what names something that is taken out; `gone` has the fields that hold such names."""
    if isinstance(value, list):
        return [_without(entry, gone) for entry in value if not _names_gone(entry, gone)]
    if isinstance(value, Mapping):
        return {
            key: [name for name in each if not _is_gone(name, gone[key])]
            if key in gone and isinstance(each, list)
            else _without(each, gone)
            for key, each in value.items()
        }
    return value


def _names_gone(entry: Any, gone: Mapping[str, set[str]]) -> bool:
    """Whether a row is of something that is taken out, or a space of a grid of nothing else."""
    named = [(_mapping(entry).get(field), names) for field, names in gone.items()]
    return any(
        all(_is_gone(name, names) for name in value) if isinstance(value, list) and value else _is_gone(value, names)
        for value, names in named
        if isinstance(value, (str, list))
    )


def _is_gone(name: Any, gone: set[str]) -> bool:
    """What is no name at all the classes refuse later."""
    return isinstance(name, str) and name in gone


def _mapping(value: Any, key: str | None = None) -> Mapping[str, Any]:
    """A mapping, or the one at its key; an empty one where there is none, which the classes refuse later."""
    found = value if key is None else _mapping(value).get(key)
    return found if isinstance(found, Mapping) else {}
