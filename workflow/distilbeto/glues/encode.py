"""Examples to features: token ids and targets, once for each tokenizer, data set, task and length."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, assert_never
from unicodedata import is_normalized

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.glues.encode_questions import encode_questions
from distilbeto.glues.encode_texts import encode_texts
from distilbeto.glues.encode_words import encode_words
from distilbeto.glues.examples import (
    ClassificationExample,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
    examples_of,
    refuse_impossible,
)
from distilbeto.glues.features import FORMAT, summary_of
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.sequences import Encoded
from distilbeto.glues.settings import EncodingSettings
from distilbeto.storage.arrays import write_arrays
from distilbeto.storage.files import read_json, sha256_of
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer

LARGEST_TARGET = 10  # in units of the task's range


class Lengths(NamedTuple):
    """Longest sequence, and tokens that neighbouring windows of a context share."""

    max_length: int
    stride: int


def encode(
    examples: Path,
    manifest: Path,
    *,
    settings: EncodingSettings,
    lengths: Lengths,
    tokenizer: LoadedTokenizer,
    output: Path,
) -> None:
    """Encode the examples of a JSON Lines file into a features file.

    Raises:
        UserError: the examples are not those of the manifest or not of the task's kind; a label is not the task's; too
            many tokens are unknown, or too many words lost to truncation.
    """
    stopwatch = Stopwatch()
    record = read_json(manifest)
    _check_examples(examples, manifest, record["sha256"])
    total, encoded = _encode_kind(examples, record["dataset"], settings, lengths, tokenizer)
    counts = {"examples": total, "windows": len(encoded.arrays["second_start"])} | encoded.counts
    counts |= _count_tokens(encoded.arrays["input_ids"], tokenizer)
    if decomposed := _count_decomposed(examples):
        counts["nfc_normalized" if tokenizer.nfc else "decomposed"] = decomposed
    share = counts["unknown_tokens"] / max(counts["tokens"], 1)
    _check_unknown(share, settings.max_unk_rate, examples)
    metadata = {
        "kind": settings.kind,
        "labels": settings.labels,
        "tokenizer": tokenizer.fingerprint,
        "examples_sha256": record["sha256"],
        **lengths._asdict(),
        "special_ids": {"pad": tokenizer.pad, "cls": tokenizer.cls, "sep": tokenizer.sep},
        "counts": counts,
        "unknown_share": share,
        "arrays_sha256": digest_of(encoded.arrays),
        "provenance": provenance(settings.model_dump() | lengths._asdict(), stopwatch),
    }
    write_arrays(output, FORMAT, encoded.arrays, metadata)
    logging.info("%s", summary_of(output, metadata))


def digest_of(arrays: dict[str, NDArray[Any]]) -> str:
    """SHA-256 of arrays by name: the same data, the same digest, whenever it was written."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape};".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _encode_kind(
    path: Path, dataset: str, settings: EncodingSettings, lengths: Lengths, tokenizer: LoadedTokenizer
) -> tuple[int, Encoded]:
    """The number of examples, and their encoding."""
    label_ids = {label: index for index, label in enumerate(settings.labels)}
    match settings.kind:
        case TaskKind.SEQUENCE_CLASSIFICATION:
            texts = examples_of(path, ClassificationExample)
            for text in texts:
                _check_labels([text.label], label_ids, dataset, text.id)
            classes = np.array([label_ids[text.label] for text in texts], np.int64)
            return len(texts), encode_texts(texts, tokenizer, classes, lengths.max_length)
        case TaskKind.TOKEN_CLASSIFICATION:
            sentences = examples_of(path, TaggedSentence)
            for sentence in sentences:
                _check_labels(sentence.tags, label_ids, dataset, sentence.id)
            encoded = encode_words(sentences, tokenizer, label_ids, lengths.max_length)
            _check_truncation(sentences, encoded, lengths.max_length, settings.max_truncation_rate, path)
            return len(sentences), encoded
        case TaskKind.QUESTION_ANSWERING:
            questions = examples_of(path, Question)
            if not settings.unanswerable:
                refuse_impossible([question.is_impossible for question in questions], path)
            unanswerable = settings.unanswerable
            return len(questions), encode_questions(questions, tokenizer, *lengths, unanswerable=unanswerable)
        case TaskKind.REGRESSION:
            rated = examples_of(path, RegressionExample)
            low, high = settings.range or (0, 1)
            targets = (np.array([text.target for text in rated]) - low) / (high - low)
            _check_size(targets, dataset, rated)
            return len(rated), encode_texts(rated, tokenizer, targets.astype(np.float32), lengths.max_length)
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            labelled = examples_of(path, MultiLabelExample)
            indicators = np.zeros((len(labelled), len(label_ids)), np.uint8)
            for row, example in zip(indicators, labelled, strict=True):
                _check_labels(example.labels, label_ids, dataset, example.id)
                row[[label_ids[label] for label in example.labels]] = 1
            return len(labelled), encode_texts(labelled, tokenizer, indicators, lengths.max_length)
        case _:
            assert_never(settings.kind)


def _check_labels(found: Iterable[str], known: dict[str, int], dataset: str, example: str) -> None:
    unknown = next((label for label in found if label not in known), None)
    if unknown is not None:
        raise UserError(
            f"dataset {dataset}, example {example}: the label {unknown!r} is not one of the task's: {', '.join(known)}",
            remedy="Correct `labels` of the task, or its data set, in the configuration.",
        )


def _check_size(targets: NDArray[np.float64], dataset: str, examples: Sequence[RegressionExample]) -> None:
    """A step moves a weight by about the learning rate: a head would spend its training on the way to large targets."""
    largest = int(np.abs(targets).argmax())
    if abs(targets[largest]) > LARGEST_TARGET:
        example = examples[largest]
        raise UserError(
            f"dataset {dataset}, example {example.id}: the target {example.target:g} is too large to learn",
            remedy="Set `range` of the task to the lowest and the highest target, such as [0, 100]; predictions and "
            "scores stay in the numbers of the data.",
        )


def _check_examples(examples: Path, manifest: Path, expected: str) -> None:
    found = sha256_of(examples)
    if found != expected:
        raise UserError(
            f"its SHA-256 is {found}, that in {manifest} is {expected}",
            where=examples,
            remedy="Read the data set again.",
        )


def _count_decomposed(examples: Path) -> int:
    """Examples, one a line, with a letter and an accent that combines with it; read as one character (NFC), unless the
    tokenizer is left as it was published."""
    with examples.open(encoding="utf-8", newline="\n") as file:
        return sum(not is_normalized("NFC", line) for line in file)


def _count_tokens(input_ids: NDArray[Any], tokenizer: LoadedTokenizer) -> dict[str, int]:
    """Tokens but special ones, and those of them that are unknown."""
    found = np.bincount(input_ids, minlength=tokenizer.vocab_size)
    return {
        "tokens": len(input_ids) - int(found[sorted(tokenizer.template.ids())].sum()),
        "unknown_tokens": 0 if tokenizer.unk is None else int(found[tokenizer.unk]),
    }


def _check_unknown(share: float, most: float, where: Path) -> None:
    if share > most:
        raise UserError(
            f"{share:.0%} of the tokens are unknown to the tokenizer, more than {most:.0%}",
            where=where,
            remedy="Its settings do not fit its vocabulary: set lowercase and strip_accents of the tokenizer in the "
            "configuration (a lower-cased vocabulary needs lowercase: true; one with accents, strip_accents: false).",
        )


def _check_truncation(
    sentences: Sequence[TaggedSentence], encoded: Encoded, max_length: int, most: float, where: Path
) -> None:
    """Refuse sentences that lose too many words. A document may be cut, and keeps its label."""
    arrays = encoded.arrays
    cut = np.diff(arrays["offsets"]) == max_length  # [sentences]
    last_words = np.maximum.reduceat(arrays["word_index"], arrays["offsets"][:-1])  # [sentences]
    lost = int((arrays["words"] - last_words - 1)[cut].sum())
    share = lost / arrays["words"].sum()
    if share > most:
        longest = max(sentences, key=lambda sentence: len(sentence.words))
        raise UserError(
            f"{share:.1%} of the words ({lost}) are lost to truncation at {max_length} tokens, over {most:.0%}; the "
            f"longest example, {longest.id}, has {len(longest.words)} words: {' '.join(longest.words[:12])[:80]!r} ...",
            where=where,
            remedy="Does the original file lack blank lines between sentences? Else raise max_length of the task's "
            "rows, or max_truncation_rate of the task.",
        )
