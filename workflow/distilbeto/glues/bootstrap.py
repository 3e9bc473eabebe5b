"""Bootstrap samples of data sets: a run with its own training, development and test set for each seed."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from distilbeto.glues.examples import Example, read_examples, write_examples
from distilbeto.glues.readers.manifest import label_counts
from distilbeto.storage.files import read_record, sha256_of
from distilbeto.storage.provenance import Stopwatch, provenance

KEYS = ("dataset", "reader", "sha256")


def sample(examples: Sequence[Example], dataset: str, seed: int) -> list[Example]:
    """As many examples as there are, drawn with replacement. Their ids say which draw they are: `id~place`.

    Another seed gives another sample, and so does another data set with the same seed.
    """
    generator = np.random.default_rng([seed, zlib.crc32(dataset.encode())])
    drawn = generator.integers(len(examples), size=len(examples))
    return [examples[index]._replace(id=f"{examples[index].id}~{place}") for place, index in enumerate(drawn)]


def write_sample(source: Path, manifest: Path, seed: int, name: str, output: Path) -> dict[str, Any]:
    """Write a sample of the examples in `source`; returns its manifest, under its own `name`.

    Raises:
        UserError: a file holds no examples, or no manifest of them.
    """
    stopwatch = Stopwatch()
    record = read_record(manifest, KEYS)
    examples = sample(read_examples(source), record["dataset"], seed)
    write_examples(output, examples)
    return {
        "dataset": name,
        "reader": record["reader"],
        "examples": len(examples),
        "labels": label_counts(examples),
        "repairs": {},
        "repaired": {},
        "notes": [f"drawn with replacement from {record['dataset']}, seed {seed}"],
        "sha256": sha256_of(output),
        "provenance": provenance({"of": record["sha256"], "seed": seed}, stopwatch),
    }
