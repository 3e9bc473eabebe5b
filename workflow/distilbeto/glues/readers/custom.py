"""A reader of one's own: a Python file outside of the package, named in the configuration."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.settings import DatasetSettings
from distilbeto.job.code_digest import code_digest

Read = Callable[[Path, DatasetSettings], ReadResult]


def reader_in(path: Path) -> Read:
    """The function `read` of a Python file.

    Raises:
        UserError: there is no such file, it is no Python, or it has no such function.
    """
    specification = importlib.util.spec_from_file_location(f"reader_{path.stem}", path)
    if not path.is_file() or specification is None or specification.loader is None:
        raise UserError("file not found", where=path, remedy="Correct `reader` of the data set.")
    module = importlib.util.module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except SyntaxError as error:
        raise UserError(f"not valid Python: {error.msg}", where=path, line=error.lineno) from None
    read: Read | None = getattr(module, "read", None)
    if not callable(read):
        raise UserError("expected a function read(path, settings) that gives a ReadResult", where=path)
    return read


def digest_of(path: Path) -> str:
    """Changes with what the file does. One that cannot be read has none: the job that needs it says why."""
    try:
        return code_digest(path)
    except (OSError, SyntaxError):
        return ""
