"""When does a change of code make a result stale? A digest of what a script does, blind to how it is written.

The digest covers the script and every module of this package that it reaches by import, without comments, docstrings
and formatting. It is taken of the source as `ast.unparse` prints it, which, unlike `ast.dump`, hardly changes between
Python versions. Third-party packages do not count: results record their versions instead. Nor does what only watches a
job: its energy.
"""

import ast
import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
PLUMBING = "job"  # a folder of the package that changes no result


def code_digest(script: Path, without: str | None = None) -> str:
    """Digest (16 hexadecimal digits) of `script` and of the modules of this package that it can reach.

    `without` is a folder of the package, such as `glues/metrics`, whose modules decide nothing of the result.
    """
    reached: dict[Path, str] = {}
    pending = [script]
    passed_over = [PACKAGE / folder for folder in (PLUMBING, without) if folder]
    while pending:
        path = pending.pop()
        if path not in reached and not any(map(path.is_relative_to, passed_over)):
            reached[path], imported = _read(path)
            pending.extend(imported)
    ordered = sorted(
        (path.name if path == script else str(path.relative_to(PACKAGE)), text) for path, text in reached.items()
    )
    return hashlib.sha256(repr(ordered).encode()).hexdigest()[:16]


@cache
def _read(path: Path) -> tuple[str, list[Path]]:
    """The normalized source of a module, and the files of the package that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    imported = [file for name in _imported_names(tree) for file in _files_of(name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, False
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree), imported


def _imported_names(node: ast.AST) -> Iterator[str]:
    """Dotted names that a module imports anywhere, but for those that only the type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from (name for statement in child.orelse for name in _imported_names(statement))
        else:
            yield from _imported_names(child)


def _files_of(dotted_name: str) -> Iterator[Path]:
    """The files that importing `dotted_name` runs: the package's own, from the outermost to the module itself."""
    first, *parts = dotted_name.split(".")
    if first != PACKAGE.name:
        return
    folder = PACKAGE
    for part in ["", *parts]:
        folder = folder / part
        yield from (file for file in (folder / "__init__.py", folder.with_suffix(".py")) if file.is_file())
