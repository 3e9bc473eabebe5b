"""The manifest beside a file of examples: what it holds and what was repaired."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, assert_never

from distilbeto.glues.examples import (
    ClassificationExample,
    Example,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
)
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.settings import DatasetSettings
from distilbeto.storage.files import sha256_of
from distilbeto.storage.provenance import Stopwatch, provenance


def manifest(
    dataset: str, settings: DatasetSettings, result: ReadResult, examples_file: Path, stopwatch: Stopwatch
) -> dict[str, Any]:
    """The JSON-able manifest of `examples_file`, which was written from `result`.

    `repairs` counts, `repaired` lists the ids of the examples, each once a kind of repair.
    """
    return {
        "dataset": dataset,
        "reader": settings.reader,
        "examples": len(result.examples),
        "labels": label_counts(result.examples),
        "repairs": result.repairs,
        "repaired": {kind: list(dict.fromkeys(ids)) for kind, ids in result.repaired.items()},
        "notes": result.notes,
        "sha256": sha256_of(examples_file),
        "provenance": provenance(settings.model_dump(), stopwatch),
    }


def label_counts(examples: Sequence[Example]) -> dict[str, int]:
    """How often each label occurs, the most frequent first: tags by word; questions and numbers have none."""
    return dict(Counter(label for example in examples for label in _labels(example)).most_common())


def _labels(example: Example) -> Iterable[str]:
    match example:
        case ClassificationExample():
            return (example.label,)
        case TaggedSentence():
            return example.tags
        case MultiLabelExample():
            return example.labels
        case Question() | RegressionExample():
            return ()
        case _:
            assert_never(example)
