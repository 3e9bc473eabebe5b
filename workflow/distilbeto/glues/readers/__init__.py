"""Readers of the original file formats of the data sets, by name; or of one's own, in a Python file."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.readers import conll2002, conllu, mldoc, pairs, squad
from distilbeto.glues.readers.result import ReadResult, joined
from distilbeto.glues.settings import DatasetSettings
from distilbeto.job.code_digest import code_digest

Read = Callable[[Path, DatasetSettings], ReadResult]
READERS: dict[str, Read] = {
    "xnli": pairs.read_xnli,
    "xnli_translated": pairs.read_xnli_translated,
    "paws_x": pairs.read_paws_x,
    "conll2002": conll2002.read,
    "conllu": conllu.read,
    "mldoc": mldoc.read,
    "squad": squad.read,
}


def read(path: Path, settings: DatasetSettings, *more: Path) -> ReadResult:
    """The examples of an original file, in its order; those of `more` files of the same format after them.

    Raises:
        UserError: a file is missing, empty or malformed; or there are not as many examples as `settings` expects.
    """
    results = [_read(each, settings) for each in (path, *more)]
    result = joined([path, *more], results) if more else results[0]
    expected = settings.expected_examples
    counts = expected if isinstance(expected, list) else [expected or len(result.examples)]
    if len(result.examples) not in counts:
        raise UserError(
            f"expected {' or '.join(map(str, counts))} examples, found {len(result.examples)}",
            where=path,
            remedy="The file is cut short or of another release; if this one is meant, correct `expected_examples`.",
        )
    return result


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


def _read(path: Path, settings: DatasetSettings) -> ReadResult:
    if not path.is_file():
        raise UserError("file not found", where=path)
    if not path.stat().st_size:
        raise UserError("the file is empty", where=path)
    reader = READERS.get(settings.reader) or reader_in(Path(settings.reader))
    result = reader(path, settings)
    if not result.examples:
        raise UserError("the file holds no examples", where=path)
    return result
