"""What may be a name: in paths and commands, and in the tables."""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import accumulate, product
from typing import Annotated

from pydantic import AfterValidator

RULE = "a name stands in paths and commands: letters, digits, _ . + and -, of which . + and - do not come first"
# What holds the project itself.
OWN = (".", "workflow", "rules", "scripts", "tests", "profiles", "docs", "config")
# In LaTeX, where no backslash stands before.
BRACE, SPECIAL, MATHEMATICS = (
    re.compile(r"(?<!\\)" + pattern) for pattern in (r"[{}]", r"[&%$#_^]", r"(\$[^$]*(?<!\\)\$)")
)


def _name(text: str) -> str:
    if not re.fullmatch(r"\w[\w.+-]*", text):
        raise ValueError(RULE)
    if text.endswith(".json"):
        raise ValueError("a name does not end in .json: it would be that of another file")
    return text


def _folder(text: str) -> str:
    if not re.fullmatch(r"(?!-)[\w.+=@,/-]+", text):
        raise ValueError("the folder of results stands in commands: letters, digits, and _ . + = @ , / - alone")
    folder = os.path.normpath(text)
    if folder.split("/")[0] in OWN or {*folder.split("/")} <= {"", ".."}:
        raise ValueError(
            "results do not lie in a folder of the project itself, nor around it: take another, as results"
        )
    return folder


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
    """Why a name that is LaTeX would end the typesetting of tables.pdf; None if it does not."""
    depths = list(accumulate(1 if brace == "{" else -1 for brace in BRACE.findall(name)))
    if min(depths, default=0) < 0 or depths[-1:] not in ([], [0]):
        return r"its braces do not match: \{ and \} are braces to be seen"
    parts = MATHEMATICS.split(name)  # every other one is a formula
    found = dict.fromkeys(sign for text in parts[::2] for sign in SPECIAL.findall(text))
    if not found:
        return None
    escaped = [part if place % 2 else SPECIAL.sub(_escape, part) for place, part in enumerate(parts)]
    return f"{' '.join(found)} has a meaning of its own there: write '{''.join(escaped)}'"


def _escape(sign: re.Match[str]) -> str:
    return r"\^{}" if sign[0] == "^" else f"\\{sign[0]}"
