"""What made a result, held against what would make it today: the code, and the settings.

A record that Snakemake keeps of a result holds the values of its rule's params, without their names, and the text of
its command. Where there is none, a result speaks for itself by the settings that it carries; what code made it is not
known. A name that has changed since, a setting added since that has its default, and the place of the results are no
change.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from distilbeto.errors import UserError
from distilbeto.job.renames import renamed, renamed_params
from distilbeto.storage.files import fingerprint_of

ABSENT = "not set"
PLACE = "{results}"  # of all results, in a record
DIGEST = re.compile(r"[0-9a-f]{16,}")
Difference = tuple[Any, Any]  # before, now


class SettingsText(str):
    """A block of settings as JSON, which still knows what of it is not the default."""

    given: dict[str, Any]

    @classmethod
    def of(cls, settings: BaseModel, **kwargs: Any) -> "SettingsText":
        """`kwargs` say what of the settings is meant, as for pydantic's `model_dump`."""
        text = cls(json.dumps(settings.model_dump(mode="json", **kwargs), sort_keys=True, ensure_ascii=False))
        text.given = settings.model_dump(mode="json", exclude_defaults=True, **kwargs)
        return text


class Recipe(NamedTuple):
    """What would make a result today."""

    params: Mapping[str, Any]
    command: str
    results: str  # the folder of all results


class Changes(NamedTuple):
    """What has changed since a result was made.

    `code` are the identities of the code before and now: the digest of the script, and that of the command, as
    `digest+command`. `settings` are the settings that differ, by their place: {"hyperparameters.epochs": (3, 5)}.
    """

    code: tuple[str, str] | None = None
    settings: Mapping[str, Difference] = {}


def without_place(record: Any, results: str) -> Any:
    """Plain data in which the folder of results, wherever a path begins with it, is called {results}."""
    return json.loads(
        re.sub(rf"(?<![\w/.+=@,-]){re.escape(results)}/", f"{PLACE}/", json.dumps(record, ensure_ascii=False))
    )


def in_place(record: Any, results: str) -> Any:
    """The data that `without_place` was given, where the folder of results lies now."""
    return json.loads(json.dumps(record, ensure_ascii=False).replace(f"{PLACE}/", f"{results}/"))


def identity(digest: str, command: str) -> str:
    """Names the code of a job: that of its script, and the command that calls it."""
    return f"{digest}+{fingerprint_of(command)}"


def recorded_identity(params: Sequence[Any], command: str) -> str:
    """The identity of the code in a record: of its params, the code is what looks like a digest."""
    return identity("".join(sorted(filter(_is_digest, params))), command)


def changes(params: Sequence[Any], command: str, today: Recipe) -> Changes:
    """What has changed since the record with these params and this command."""
    kept = {repr(value) for value in params} & {repr(value) for value in today.params.values()}
    before = [value for value in params if repr(value) not in kept and not _says_nothing(value, today.results)]
    now = {
        name: value
        for name, value in today.params.items()
        if repr(value) not in kept and not _says_nothing(value, today.results)
    }
    digests = [value for value in before if _is_digest(value)]
    code = None
    if "code" in now or command != today.command:
        old = "".join(sorted(digests)) if "code" in now else today.params.get("code", "")
        code = identity(old, command), identity(today.params.get("code", ""), today.command)
    now.pop("code", None)
    rest = [value for value in before if not _is_digest(value)]
    return Changes(code, dict(_changed_params(rest, now, today.results)))


def changes_of_settings(recorded: Mapping[str, Any], today: Recipe) -> Changes:
    """What has changed since the result that carries the `recorded` settings; those that it does not carry have not."""
    own = renamed(dict(recorded))
    changed: dict[str, Difference] = {}
    for name, value in today.params.items():
        if isinstance(value, SettingsText):
            settings = renamed(json.loads(value))
            common = {key: own[key] for key in settings if key in own}
            changed |= _differences(common, settings, renamed(value.given), today.results)
        elif name in own and str(own[name]) != str(value):
            changed[name] = own[name], value
    return Changes(settings=changed)


def own_settings(path: Path) -> dict[str, Any] | None:
    """The settings that a result carries, in JSON or in the header of a safetensors file; None where it has none."""
    with suppress(UserError, OSError, ValueError, TypeError, AttributeError, KeyError):
        if path.suffix == ".json":
            record = json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".safetensors":
            from distilbeto.storage.arrays import read_header

            strings = read_header(path)[0]["__metadata__"]
            record = json.loads(strings.get("record") or strings["metadata"])
        else:
            return None
        settings = record.get("provenance", record).get("settings", record.get("rules"))
        return {"seed": record["seed"]} | settings if "seed" in record else dict(settings)
    return None


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def _says_nothing(value: Any, results: str) -> bool:
    """An option that is not given, or where something is written."""
    return value is None or value in ("", []) or (isinstance(value, str) and value.startswith(f"{results}/"))


def _changed_params(before: list[Any], now: dict[str, Any], results: str) -> Iterator[tuple[str, Difference]]:
    """Params of before have no names: a block of settings is held against the one most like it."""
    blocks = [block for block in map(_block, before) if block is not None]
    for name, value in list(now.items()):
        block = _block(value)
        if block is not None and blocks:
            old = max(blocks, key=lambda each: len(each.keys() & block.keys()))
            blocks.remove(old)
            del now[name]
            yield from _differences(old, block, renamed(getattr(value, "given", block)), results).items()
    others = renamed_params([value for value in before if _block(value) is None])
    left = [value for value in others if repr(value) not in set(map(repr, now.values()))]
    for name, value in now.items():
        if repr(value) not in set(map(repr, others)):
            yield name, (left.pop(0) if len(left) == 1 else ABSENT, value)
    for number, value in enumerate([*left, *blocks]):
        yield f"a setting of before ({number})" if number else "a setting of before", (value, ABSENT)


def _block(value: Any) -> dict[str, Any] | None:
    """The settings in a text of JSON, under today's names."""
    with suppress(ValueError):
        settings = json.loads(value) if isinstance(value, str) and value.startswith("{") else None
        return renamed(settings) if isinstance(settings, dict) else None
    return None


def _differences(old: Any, new: Any, given: Any, results: str, place: str = "") -> dict[str, Difference]:
    """By place. A setting that `old` lacks and that is not `given` has its default."""
    if isinstance(old, dict) and isinstance(new, dict):
        given = given if isinstance(given, dict) else {}
        found: dict[str, Difference] = {}
        for key in {**new, **old}:
            where = f"{place}.{key}" if place else key
            if key in old and key in new:
                found |= _differences(old[key], new[key], given.get(key), results, where)
            elif key in old or key in given:
                found[where] = old.get(key, ABSENT), new.get(key, ABSENT)
        return found
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        inner = given if isinstance(given, list) else [None] * len(new)
        found = {}
        for number, (before, now, set_now) in enumerate(zip(old, new, inner, strict=True)):
            found |= _differences(before, now, set_now, results, f"{place}.{number}")
        return found
    moved = isinstance(old, str) and isinstance(new, str) and new.startswith(f"{results}/")
    same = old == new or (moved and old.endswith(new.removeprefix(results)))
    return {} if same else {place: (old, new)}
