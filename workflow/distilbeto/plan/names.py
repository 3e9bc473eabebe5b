"""What may be a name: in paths and commands, and in the tables."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Annotated

from pydantic import AfterValidator

RULE = "a name stands in paths and commands: letters, digits, _ . + and -, of which . + and - do not come first"
SPECIAL = re.compile(r"(?<!\\)(?:\\\\)*([&%$#_^])")


def _name(text: str) -> str:
    if not re.fullmatch(r"\w[\w.+-]*", text):
        raise ValueError(RULE)
    if text.endswith(".json"):
        raise ValueError("a name does not end in .json: it would be that of another file")
    return text


def _folder(text: str) -> str:
    if not re.fullmatch(r"(?!-)[\w.+=@,/-]+", text):
        raise ValueError("the folder of results stands in commands: letters, digits, and _ . + = @ , / - alone")
    return os.path.normpath(text)


Name = Annotated[str, AfterValidator(_name)]
Folder = Annotated[str, AfterValidator(_folder)]


def shared_paths(first: Iterable[str], second: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Pairs of names that make the same path when a hyphen joins them: (pair, other pair, path)."""
    pairs: dict[str, str] = {}
    for pair in product(first, second):
        path = "-".join(pair)
        if path in pairs:
            yield pairs[path], " and ".join(pair), path
        pairs[path] = " and ".join(pair)


def problem_in_latex(name: str) -> str | None:
    """Why a name would end the typesetting of tables.pdf; None if it does not."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", name):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            break
    if depth:
        return r"its braces do not match: write \{ and \} for braces that are to be seen"
    text = re.sub(r"(?<!\\)\$[^$]*(?<!\\)\$", "", name)  # mathematics
    found = dict.fromkeys(SPECIAL.findall(text))
    if not found:
        return None
    escaped = re.sub(r"(?<!\\)([&%$#_])", r"\\\1", name).replace("^", r"\^{}")
    return f"{' '.join(found)} has a meaning of its own there: write '{escaped}'"
