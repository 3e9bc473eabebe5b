"""When does a change of code make a result stale? A digest of what a script does, blind to how it is written.

The digest covers the script and every module of this package that it reaches by import. It leaves out what cannot
change a result: comments, formatting, docstrings; log lines; the texts of errors (arguments of `UserError`), of fields
and of options; and the folder `job`. It is taken of the source as `ast.unparse` prints it, which, unlike `ast.dump`,
hardly changes between Python versions. Third-party packages do not count: results record their versions instead.
"""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
PLUMBING = "job"  # a folder of the package that changes no result
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
HARMLESS = {"len", "str", "repr", "round", "int", "float", "type"}  # of a log line: these change nothing
TEXTS = {"Field": "description", "add_argument": "help"}  # keywords that only people read


def code_digest(script: Path, without: str | None = None) -> str:
    """Digest (16 hexadecimal digits) of `script` and of the modules of this package that it can reach.

    `without` is a folder of the package, such as `glues/metrics`, whose modules decide nothing of the result.
    """
    return digest_of_parts(code_parts(script, without))


def digest_of_parts(parts: Mapping[str, str]) -> str:
    return _digest(repr(sorted(parts.items())))


def code_parts(script: Path, without: str | None = None) -> dict[str, str]:
    """The digest of each file that counts: {"finetune.py": ..., "finetuning/train.py": ...}."""
    reached: dict[Path, str] = {}
    pending = [script]
    passed_over = [PACKAGE / folder for folder in (PLUMBING, without) if folder]
    while pending:
        path = pending.pop()
        if path not in reached and not any(map(path.is_relative_to, passed_over)):
            reached[path], imported = _read(path)
            pending.extend(imported)
    return {path.name if path == script else str(path.relative_to(PACKAGE)): part for path, part in reached.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _read(path: Path) -> tuple[str, list[Path]]:
    """The digest of a module, and the files of the package that it imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    imported = [file for name in _imported_names(tree) for file in _files_of(name)]
    return _digest(ast.unparse(_Normalized(_loggers_of(tree)).visit(tree))), imported


def _loggers_of(tree: ast.AST) -> set[str]:
    """The names whose methods log: `logging`, and what a module calls its own loggers."""
    assigned = (node for node in ast.walk(tree) if isinstance(node, ast.Assign))
    own = (node.targets for node in assigned if ast.unparse(node.value).startswith("logging.getLogger("))
    return {"logging"} | {target.id for targets in own for target in targets if isinstance(target, ast.Name)}


class _Normalized(ast.NodeTransformer):
    """Takes out of a syntax tree what cannot change a result."""

    def __init__(self, loggers: set[str]) -> None:
        self.loggers = loggers

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, False
        ):
            node.body = node.body[1:]
        super().generic_visit(node)
        if not isinstance(node, ast.Module) and getattr(node, "body", None) == []:
            node.body = [ast.Pass()]  # type: ignore[attr-defined]
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        node.names = [alias for alias in node.names if alias.name != "logging"]
        return node if node.names else None

    def visit_Expr(self, node: ast.Expr) -> ast.AST | list[ast.AST]:
        """Of a log line, what its arguments do stays: they may call something, or bind a name."""
        match node.value:
            case ast.Call(ast.Attribute(ast.Name(name), method)) if name in self.loggers and method in LOG_METHODS:
                call = node.value
                effects = [effect for argument in _arguments(call) for effect in _effects(argument, calls=True)]
                return [self.generic_visit(ast.Expr(effect)) for effect in effects]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """An error is raised as before, whatever it says; only names that its arguments bind stay."""
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called == "UserError":
            node.args = [effect for argument in _arguments(node) for effect in _effects(argument, calls=False)]
            node.keywords = []
        elif called in TEXTS:
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != TEXTS[called]]
        return self.generic_visit(node)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _effects(node: ast.AST, *, calls: bool) -> Iterator[ast.expr]:
    """The outermost parts of an expression that may do more than have a value."""
    binds = isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom)
    if binds or (calls and isinstance(node, ast.Call) and getattr(node.func, "id", "") not in HARMLESS):
        yield node  # type: ignore[misc]
    else:
        for child in ast.iter_child_nodes(node):
            yield from _effects(child, calls=calls)


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
