"""Predict a test set with a fine-tuned model, in the task's own format."""

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, assert_never

import torch

from distilbeto.errors import UserError
from distilbeto.finetuning.decode import (
    decode_answers,
    decode_candidates,
    decode_labels,
    decode_numbers,
    decode_tags,
    label_probabilities,
    label_sets,
)
from distilbeto.finetuning.forward import forward
from distilbeto.finetuning.heads import load_finetuned
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.finetuning.threshold import above_threshold
from distilbeto.glues.examples import PredictedTags, Question, TaggedSentence, examples_of
from distilbeto.glues.features import check_examples, check_task, open_features, summary_of
from distilbeto.glues.kinds import TaskKind
from distilbeto.storage.files import read_json, write_json, write_text
from distilbeto.tokenizer import LoadedTokenizer

NO_PIECES = "-"


def predict(
    finetuned: Path,
    tokenizer: LoadedTokenizer,
    *,
    features: Path,
    examples: Path,
    settings: PredictionSettings,
    output: Path,
) -> None:
    """Write one label or number a line, or one JSON list of labels; `word tag tags-of-pieces` lines, a blank line
    after each sentence; or {id: answer}. The threshold of labels is the one that was best in development (run.json).

    Where questions may be unanswerable, {id: {answer, span, no_answer_score}}; the threshold of no answer is the
    one that was best in development (run.json).

    Raises:
        UserError: model, tokenizer, features and examples do not belong together.
    """
    record = _checked_record(finetuned, tokenizer)
    test = open_features(features, tokenizer)
    check_task(test, settings.kind, settings.labels)
    check_examples(test, examples)
    logging.info("%s", summary_of(test.path, test.metadata))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_finetuned(finetuned, settings.kind).to(device)
    # The precision of its development scores; that of a GPU means nothing on another device.
    precision = record["hyperparameters"]["precision"] if device == "cuda" else "fp32"
    batches = forward(model, test, tokenizer.pad, precision)
    match settings.kind:
        case TaskKind.SEQUENCE_CLASSIFICATION:
            write_text(output, "".join(f"{label}\n" for label in decode_labels(batches, test, settings.labels)))
        case TaskKind.TOKEN_CLASSIFICATION:
            sentences = examples_of(examples, TaggedSentence)
            tags = decode_tags(batches, test, sentences, settings)
            write_text(output, "".join(f"{block}\n" for block in tagged_blocks(sentences, tags)))
        case TaskKind.QUESTION_ANSWERING if settings.unanswerable:
            questions = examples_of(examples, Question)
            candidates = decode_candidates(batches, test, questions, settings.question_answering)
            answers = above_threshold(candidates, record["development"]["threshold"])
            write_json(output, {name: {"answer": answers[name], **each._asdict()} for name, each in candidates.items()})
        case TaskKind.QUESTION_ANSWERING:
            questions = examples_of(examples, Question)
            write_json(output, decode_answers(batches, test, questions, settings.question_answering))
        case TaskKind.REGRESSION:
            write_text(output, "".join(f"{number}\n" for number in decode_numbers(batches, test, settings.range)))
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            probabilities = label_probabilities(batches, test, settings.labels)
            sets = label_sets(probabilities, record["development"]["threshold"], settings.labels)
            write_text(output, "".join(f"{json.dumps(labels, ensure_ascii=False)}\n" for labels in sets))
        case _:
            assert_never(settings.kind)


def tagged_blocks(sentences: Sequence[TaggedSentence], predicted: Sequence[PredictedTags]) -> Iterator[str]:
    """The lines of each sentence."""
    for sentence, (tags, subtokens) in zip(sentences, predicted, strict=True):
        lines = zip(sentence.words, tags, subtokens or (), strict=True)
        yield "".join(f"{word} {tag} {','.join(pieces) or NO_PIECES}\n" for word, tag, pieces in lines)


def _checked_record(finetuned: Path, tokenizer: LoadedTokenizer) -> dict[str, Any]:
    """run.json, after its tokenizer has been held against the given one."""
    record: dict[str, Any] = read_json(finetuned / "run.json")
    if record["tokenizer"] != tokenizer.fingerprint:
        raise UserError(
            f"fine-tuned with the tokenizer {record['tokenizer']}, expected {tokenizer.fingerprint}",
            where=finetuned / "run.json",
            remedy="Training and test take one tokenizer: fine-tune again, or prepare it as before.",
        )
    return record
