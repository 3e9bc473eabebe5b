"""What data sets hold, as a table: counts of the readers beside those of each encoding."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distilbeto.errors import UserError
from distilbeto.glues.features import FORMAT
from distilbeto.reports.tables.data_sets import data_sets_csv
from distilbeto.storage.arrays import write_arrays
from distilbeto.storage.files import write_json

COUNTS = {"examples": 3, "windows": 4, "tokens": 50, "unknown_tokens": 2, "truncated": 1}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    record: dict[str, Any] = {"dataset": "tar_dev", "reader": "squad", "examples": 3, "labels": {}, "sha256": "a"}
    record["repairs"] = {"answers_moved": 2, "answers_dropped": 1}
    write_json(tmp_path / "tar_dev.json", record)
    return tmp_path / "tar_dev.json"


def features(folder: Path, name: str, **changes: Any) -> Path:
    metadata = {"examples_sha256": "a", "counts": COUNTS, "unknown_share": 2 / 50} | changes
    write_arrays(folder / f"{name}.safetensors", FORMAT, {"input_ids": np.zeros(4, np.uint16)}, metadata)
    return folder / f"{name}.safetensors"


def rows(manifests: list[Path], of: list[Path]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data_sets_csv(manifests, of))))


def test_an_encoding_is_a_row_with_its_share_of_unknown_tokens(manifest: Path, tmp_path: Path) -> None:
    made = [features(tmp_path / "beto", f"tar_dev-tar-{length}") for length in (384, 512)]
    other = features(tmp_path / "s_albert", "tar_dev-tar-384", counts=COUNTS | {"answers_lost": 7})
    first, second, third = rows([manifest], [*made, other])
    assert first == {
        "dataset": "tar_dev",
        "reader": "squad",
        "examples": "3",
        "labels": "",
        "repairs": "answers_moved 2; answers_dropped 1",
        "tokenizer": "beto",
        "task": "tar",
        "max_length": "384",
        "sequences": "4",
        "tokens": "50",
        "unknown_tokens": "2",
        "unknown_share": "0.040000",
        "truncated": "1",
        "lost_words": "",
        "answers_lost": "",
        "nfc_normalized": "",
    }
    assert (second["max_length"], third["tokenizer"], third["answers_lost"]) == ("512", "s_albert", "7")


def test_a_data_set_that_is_not_encoded_has_a_row_and_takes_no_others(manifest: Path, tmp_path: Path) -> None:
    record = {"dataset": "pos_dev", "reader": "conllu", "examples": 1, "labels": {"NOUN": 5, "VERB": 4}}
    write_json(tmp_path / "pos.json", record | {"repairs": {}, "sha256": "b"})
    encoded = features(tmp_path / "beto", "tar_dev-tar-384")
    tar, pos = rows([manifest, tmp_path / "pos.json"], [encoded])
    assert (tar["dataset"], tar["tokens"]) == ("tar_dev", "50")
    assert (pos["labels"], pos["tokenizer"], pos["unknown_share"]) == ("NOUN 5; VERB 4", "", "")


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("tar_dev-tar-384", {"examples_sha256": "b"}, "not made from the examples of tar_dev as they are now"),
        ("tar_dev", {}, "not named"),
    ],
)
def test_features_of_something_else_are_refused(
    manifest: Path, tmp_path: Path, name: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=rf"{name}\.safetensors: {message}"):
        data_sets_csv([manifest], [features(tmp_path / "beto", name, **changes)])
