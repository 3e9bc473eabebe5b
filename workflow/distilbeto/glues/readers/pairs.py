"""Pairs of sentences with a class, tab-separated: XNLI, its translated training set, PAWS-X."""

from collections.abc import Iterable
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.readers.result import ReadResult, shortened
from distilbeto.glues.readers.tsv import rows_of
from distilbeto.glues.settings import DatasetSettings

XNLI_COLUMNS = ("pairID", "sentence1", "sentence2", "gold_label")
XNLI_TRANSLATED_COLUMNS = ("premise", "hypo", "label")
PAWS_X_COLUMNS = ("id", "sentence1", "sentence2", "label")

# Where a translation failed, PAWS-X has an empty sentence or NS. The published counts hold these pairs.
UNTRANSLATED = ("", "NS")

NumberedPair = tuple[int, ClassificationExample]


def read_xnli(path: Path, settings: DatasetSettings) -> ReadResult:
    """The Spanish pairs of xnli.dev.tsv or xnli.test.tsv, which hold 15 languages (Conneau et al., 2018)."""
    rows = rows_of(path, settings.encoding, XNLI_COLUMNS, only={"language": "es"})
    return _result(path, ((number, ClassificationExample(*values)) for number, values in rows))


def read_xnli_translated(path: Path, settings: DatasetSettings) -> ReadResult:
    """multinli.train.es.tsv: MultiNLI in machine translation, which spells the label contradiction contradictory."""
    rows = rows_of(path, settings.encoding, XNLI_TRANSLATED_COLUMNS)
    return _result(path, ((number, ClassificationExample(str(number - 1), *values)) for number, values in rows))


def read_paws_x(path: Path, settings: DatasetSettings) -> ReadResult:
    """A file of PAWS-X in one language (Yang et al., 2019); the labels are 0 and 1."""
    rows = rows_of(path, settings.encoding, PAWS_X_COLUMNS)
    return _result(path, ((number, ClassificationExample(*values)) for number, values in rows))


def _result(path: Path, pairs: Iterable[NumberedPair]) -> ReadResult:
    examples, notes, respelled = [], [], []
    for number, pair in pairs:
        if not pair.label:
            raise UserError("the label is empty", where=path, line=number)
        if pair.text.strip() in UNTRANSLATED or (pair.text_pair or "").strip() in UNTRANSLATED:
            notes.append(f"line {number}: a sentence is missing (empty or NS); the pair is kept as published")
        if pair.label == "contradictory":
            respelled.append(pair.id)
        examples.append(pair._replace(label="contradiction") if pair.label == "contradictory" else pair)
    return ReadResult(examples, {"contradictory_to_contradiction": respelled} if respelled else {}, shortened(notes))
