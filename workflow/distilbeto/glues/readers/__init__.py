"""Readers of the original file formats of the data sets, by name; or of one's own, in a Python file.

They are imported by name, when one is needed: so a data set depends on the code of its own reader, not of all.
"""

import importlib
import importlib.util
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.readers.result import ReadResult, joined
from distilbeto.glues.settings import DatasetSettings
from distilbeto.job.code_digest import code_parts

Read = Callable[[Path, DatasetSettings], ReadResult]
SHARD = re.compile(r"(?P<name>.*)-\d{5}-of-(?P<count>\d{5})(?P<rest>\..*)")
SHOWN = 20
READERS = {
    "xnli": ("pairs", "read_xnli"),
    "xnli_translated": ("pairs", "read_xnli_translated"),
    "paws_x": ("pairs", "read_paws_x"),
    "conll2002": ("conll2002", "read"),
    "conllu": ("conllu", "read"),
    "mldoc": ("mldoc", "read"),
    "squad": ("squad", "read"),
    "records": ("records", "read"),
}


def read(path: Path, settings: DatasetSettings, *more: Path) -> ReadResult:
    """The examples of an original file, in its order; those of `more` files of the same format after them.

    A path may be a pattern (train-*.parquet): it stands for the files that match, in the order of their names.

    Raises:
        UserError: a file is missing, empty or malformed; or there are not as many examples as `settings` expects.
    """
    paths = [found for each in (path, *more) for found in _matching(each)]
    results = [_read(each, settings) for each in paths]
    result = joined(paths, results) if len(paths) > 1 else results[0]
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


def parts_of(reader: str) -> dict[str, str]:
    """The digest of each file of a reader's code, as `code_parts` has it, by its name or its own file.

    A file that cannot be read has none: the job that needs it says why.
    """
    module, _ = READERS.get(reader, ("", ""))
    try:
        return code_parts(Path(__file__).with_name(f"{module}.py") if module else Path(reader))
    except (OSError, SyntaxError):
        return {}


def _reader(name: str) -> Read:
    if name not in READERS:
        return reader_in(Path(name))
    module, function = READERS[name]
    read: Read = getattr(importlib.import_module(f"{__name__}.{module}"), function)
    return read


def _matching(path: Path) -> list[Path]:
    if path.exists() or not {*"*?["} & {*str(path)}:
        return [path]
    base = Path(path.anchor)
    found = sorted(base.glob(str(path.relative_to(base))))
    _refuse_missing_shards(found)
    return found or [path]


def _refuse_missing_shards(paths: Sequence[Path]) -> None:
    """Shards that say how many there are are all needed: an interrupted copy must not become a smaller data set."""
    shards = [match for match in map(SHARD.fullmatch, map(str, paths)) if match]
    counts = Counter((match["name"], int(match["count"]), match["rest"]) for match in shards)
    for (name, count, rest), there in counts.items():
        if there < count:
            raise UserError(f"{there} of {count} shards are there", where=f"{name}-*-of-{count:05}{rest}")


def _read(path: Path, settings: DatasetSettings) -> ReadResult:
    if not path.is_file():
        there = sorted(each.name for each in path.parent.glob("[!.]*") if each.is_file())[:SHOWN]
        remedy = f"Its folder holds: {', '.join(there)}. Correct `file` of the data set." if there else ""
        raise UserError("file not found", where=path, remedy=remedy)
    if not path.stat().st_size:
        raise UserError("the file is empty", where=path)
    result = _reader(settings.reader)(path, settings)
    if not result.examples:
        raise UserError("the file holds no examples", where=path)
    return result
