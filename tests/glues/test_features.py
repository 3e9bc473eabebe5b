from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models

from distilbeto.errors import UserError
from distilbeto.glues.features import (
    FORMAT,
    Features,
    SequenceDataset,
    check_task,
    collator,
    open_features,
    summary_of,
)
from distilbeto.glues.kinds import TaskKind
from distilbeto.storage.arrays import write_arrays
from distilbeto.tokenizer import LoadedTokenizer

TOKENIZER = LoadedTokenizer(Tokenizer(models.WordLevel({}, "x")), "aaaa", 10, pad=1, unk=3, cls=4, sep=5, mask=0)
ARRAYS = {
    "input_ids": np.array([4, 6, 5, 7, 5, 4, 8, 5], np.uint16),
    "offsets": np.array([0, 5, 8]),
    "second_start": np.array([3, 3], np.int32),
    "labels": np.array([1, 0]),
}


@pytest.fixture
def features(tmp_path: Path) -> Features:
    path = tmp_path / "features.safetensors"
    write_arrays(path, FORMAT, ARRAYS, {"tokenizer": "aaaa", "kind": "sequence_classification", "labels": ["no", "sí"]})
    return open_features(path, TOKENIZER)


def test_features_of_another_tokenizer_are_refused(features: Features) -> None:
    with pytest.raises(UserError, match=r"features.safetensors: made with the tokenizer aaaa, expected bbbb"):
        open_features(features.path, TOKENIZER._replace(fingerprint="bbbb"))


def test_features_of_another_task_are_refused(features: Features) -> None:
    check_task(features, TaskKind.SEQUENCE_CLASSIFICATION, ["no", "sí"])
    with pytest.raises(UserError, match=r"\['no', 'sí'\], expected sequence_classification with \['sí', 'no'\]"):
        check_task(features, TaskKind.SEQUENCE_CLASSIFICATION, ["sí", "no"])


@pytest.mark.parametrize("kind", TaskKind)
def test_features_of_an_earlier_version_name_the_kind_as_it_was_called(features: Features, kind: TaskKind) -> None:
    earlier = {"token_classification": "tagging", "sequence_classification": "classification"}
    metadata = {**features.metadata, "kind": earlier.get(kind, kind)}
    check_task(features._replace(metadata=metadata), kind, ["no", "sí"])
    for other in {*TaskKind} - {kind}:
        with pytest.raises(UserError, match=f"expected {other}"):
            check_task(features._replace(metadata=metadata), other, ["no", "sí"])


def test_one_line_says_what_a_file_holds() -> None:
    counts = {"examples": 3, "windows": 4, "truncated": 1, "lost_words": 2, "tokens": 200, "unknown_tokens": 1}
    line = summary_of(Path("features/ner.safetensors"), {"counts": counts, "unknown_share": 1 / 200})
    assert line == (
        "ner.safetensors: 3 examples, 4 sequences, 200 tokens, 1 unknown (0.50%), 1 truncated, 2 lost words"
    )


def test_a_batch_is_padded_to_its_longest(features: Features) -> None:
    dataset = SequenceDataset(features)
    batch = collator(1, token_types=True)([dataset[0], dataset[1]])
    assert {name: tensor.tolist() for name, tensor in batch.items()} == {
        "input_ids": [[4, 6, 5, 7, 5], [4, 8, 5, 1, 1]],
        "attention_mask": [[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]],
        "token_type_ids": [[0, 0, 0, 1, 1], [0, 0, 0, 0, 0]],
        "labels": [1, 0],
    }


def test_distilbert_takes_no_types(features: Features) -> None:
    assert "token_type_ids" not in collator(1, token_types=False)([SequenceDataset(features)[0]])


def test_labels_of_padding_are_ignored(features: Features) -> None:
    labels = np.array([-100, 1, -100, 2, -100, -100, 1, -100], np.int16)
    arrays = {**features.arrays, "token_labels": labels}
    dataset = SequenceDataset(features._replace(arrays=arrays))
    batch = collator(1, token_types=True)([dataset[0], dataset[1]])
    assert batch["labels"].tolist() == [[-100, 1, -100, 2, -100], [-100, 1, -100, -100, -100]]


@pytest.mark.parametrize("name", ["token_labels", "start_positions"])
def test_a_target_with_a_fraction_is_not_cut(features: Features, name: str) -> None:
    fractions = np.full(8 if name == "token_labels" else 2, 0.5, np.float32)
    dataset = SequenceDataset(features._replace(arrays={**features.arrays, name: fractions}))
    with pytest.raises(TypeError, match="float32"):
        collator(1, token_types=True)([dataset[0], dataset[1]])


def test_numbers_stay_numbers_and_sets_become_rows(features: Features) -> None:
    for labels, expected in (
        (np.array([-100.0, 2.5], np.float32), [-100.0, 2.5]),
        (np.array([[1, 0, 1], [0, 0, 0]], np.uint8), [[1, 0, 1], [0, 0, 0]]),
    ):
        dataset = SequenceDataset(features._replace(arrays={**features.arrays, "labels": labels}))
        batch = collator(1, token_types=True)([dataset[0], dataset[1]])
        assert batch["labels"].tolist() == expected
        assert batch["labels"].is_floating_point() == (labels.dtype == np.float32)
