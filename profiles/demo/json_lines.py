"""JSON Lines of the miniature: {"sentence1": ..., "sentence2": ..., "label": 3.2} or {"text": ..., "labels": [...]}."""

import json
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import Example, MultiLabelExample, RegressionExample
from distilbeto.glues.readers.lines import lines_of
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.settings import DatasetSettings


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    examples: list[Example] = []
    for number, line in lines_of(path, settings.encoding):
        try:
            examples.append(_example(str(number), json.loads(line)))
        except (ValueError, TypeError, KeyError):
            raise UserError(
                "expected sentence1, sentence2 and label, or text and labels", where=path, line=number
            ) from None
    return ReadResult(examples, repaired={}, notes=[])


def _example(name: str, record: dict) -> Example:
    if "labels" in record:
        return MultiLabelExample(name, record["text"], None, tuple(record["labels"]))
    return RegressionExample(name, record["sentence1"], record["sentence2"], float(record["label"]))
