"""Readers of the original file formats of the data sets, by name."""

from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.readers import conll2002, conllu, mldoc, pairs, squad
from distilbeto.glues.readers.custom import Read, reader_in
from distilbeto.glues.readers.result import ReadResult, joined
from distilbeto.glues.settings import DatasetSettings

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
    if settings.expected_examples not in (None, len(result.examples)):
        raise UserError(
            f"expected {settings.expected_examples} examples, found {len(result.examples)}",
            where=path,
            remedy="The file is cut short or of another release; if this one is meant, correct `expected_examples`.",
        )
    return result


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
