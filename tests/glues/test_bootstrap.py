"""Bootstrap samples of data sets: drawn with replacement, the same for the same seed."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from distilbeto.errors import UserError
from distilbeto.glues.bootstrap import sample, write_sample
from distilbeto.glues.examples import (
    Answer,
    ClassificationExample,
    Example,
    Question,
    TaggedSentence,
    read_examples,
    write_examples,
)
from distilbeto.storage.files import sha256_of, write_json

TEXTS: list[Example] = [ClassificationExample(str(i), f"texto {i}", None, "sí" if i % 3 else "no") for i in range(1000)]


def drawn_from(example: Example) -> int:
    return int(example.id.partition("~")[0])


def test_a_sample_is_as_large_and_holds_each_example_as_often_as_chance_has_it() -> None:
    drawn = sample(TEXTS, "texts", 4242)
    times = Counter(map(drawn_from, drawn))
    assert len(drawn) == 1000
    assert all(each._replace(id="") == TEXTS[drawn_from(each)]._replace(id="") for each in drawn)
    # Of 1,000 draws from 1,000, an example is in none with probability (1 - 1/1000)^1000 = 0.3677, deviation 0.0099.
    assert len(times) / 1000 == pytest.approx(1 - 0.3677, abs=0.05)
    assert len({each.id for each in drawn}) == 1000, "predictions are told apart by ids"


def test_another_seed_or_data_set_is_another_sample() -> None:
    samples = [sample(TEXTS, *of) for of in (("a", 1), ("a", 1), ("a", 2), ("b", 1))]
    assert samples[0] == samples[1]
    indices = [tuple(map(drawn_from, drawn)) for drawn in samples]
    assert len({*indices}) == 3
    assert all(sum(x == y for x, y in zip(indices[0], other, strict=True)) < 20 for other in indices[2:])


@pytest.mark.parametrize(
    "example",
    [
        TaggedSentence("7", ("Lima", "."), ("B-LOC", "O")),
        Question("7", "¿Qué?", "Un pan.", (Answer("pan", 3),)),
        ClassificationExample("7", "uno", "dos", "1"),
    ],
)
def test_each_kind_of_example_is_written_with_a_manifest(tmp_path: Path, example: Example) -> None:
    source, output = tmp_path / "mine.jsonl", tmp_path / "mine~3.jsonl"
    write_examples(source, [example])
    base: dict[str, Any] = {"dataset": "mine", "reader": "own", "sha256": sha256_of(source), "repairs": {"moved": 1}}
    write_json(tmp_path / "mine.json", base)
    record = write_sample(source, tmp_path / "mine.json", 3, "mine~3", output)
    assert read_examples(output) == [example._replace(id="7~0")]
    assert (record["dataset"], record["examples"], record["sha256"]) == ("mine~3", 1, sha256_of(output))
    assert record["notes"] == ["drawn with replacement from mine, seed 3"]
    assert record["repairs"] == {}
    assert json.dumps(record)


def test_a_file_that_is_no_manifest_is_refused(tmp_path: Path) -> None:
    write_examples(tmp_path / "mine.jsonl", TEXTS[:1])
    (tmp_path / "mine.json").write_text("{}")
    with pytest.raises(UserError, match=r"mine\.json"):
        write_sample(tmp_path / "mine.jsonl", tmp_path / "mine.json", 3, "x", tmp_path / "x.jsonl")
