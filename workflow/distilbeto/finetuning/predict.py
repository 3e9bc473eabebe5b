"""Predict a test set with a fine-tuned model, in the task's own format."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.files import read_json, sha256_of, write_json, write_text
from distilbeto.finetuning.forward import Batch, forward
from distilbeto.finetuning.heads import load_finetuned
from distilbeto.finetuning.settings import PredictionSettings, QuestionAnswering
from distilbeto.glues.encode_questions import OUTSIDE
from distilbeto.glues.examples import Question, TaggedSentence, examples_of
from distilbeto.glues.features import Features, check_task, open_features
from distilbeto.glues.spans import best_spans
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NO_PIECES = "-"


class Found(NamedTuple):
    """A span found in a window: the place of its question, its score, its characters [start, end) in the context."""

    question: int
    score: float
    char_start: int
    char_end: int


def predict(
    finetuned: Path,
    tokenizer: LoadedTokenizer,
    *,
    features: Path,
    examples: Path,
    settings: PredictionSettings,
    output: Path,
) -> None:
    """Write one label a line; or `word tag tags-of-pieces` lines, a blank line after each sentence; or {id: answer}.

    Raises:
        UserError: model, tokenizer, features and examples do not belong together.
    """
    _check_model(finetuned, tokenizer)
    test = open_features(features, tokenizer)
    check_task(test, settings.kind, settings.labels)
    _check_examples(test, examples)
    model = load_finetuned(finetuned, settings.kind)
    if settings.kind == "classification":
        classes = predict_classes(model, test, tokenizer.pad)
        write_text(output, "".join(f"{settings.labels[index]}\n" for index in classes))
    elif settings.kind == "tagging":
        labels = predict_labels(model, test, tokenizer.pad)
        blocks = tagged_blocks(examples_of(examples, TaggedSentence), test, labels, settings)
        write_text(output, "".join(f"{block}\n" for block in blocks))
    else:
        questions = examples_of(examples, Question)
        write_json(output, predict_answers(model, test, questions, tokenizer.pad, settings.question_answering))


def predict_classes(model: "PreTrainedModel", features: Features, pad: int) -> NDArray[np.int64]:
    """The class of each sequence [n]."""
    classes = np.empty(len(features.lengths()), np.int64)
    for indices, output in forward(model, features, pad):
        classes[indices] = output.logits.argmax(-1).cpu().numpy()
    return classes


def predict_labels(model: "PreTrainedModel", features: Features, pad: int) -> NDArray[np.int16]:
    """The label of each token, flat as input_ids is."""
    labels = np.empty(len(features.arrays["input_ids"]), np.int16)
    offsets = features.arrays["offsets"]
    for indices, output in forward(model, features, pad):
        for index, row in zip(indices, output.logits.argmax(-1).cpu().numpy(), strict=True):
            length = offsets[index + 1] - offsets[index]
            labels[offsets[index] : offsets[index + 1]] = row[:length]
    return labels


def tagged_blocks(
    sentences: Sequence[TaggedSentence], features: Features, labels: NDArray[np.int16], settings: PredictionSettings
) -> Iterator[str]:
    """The lines of each sentence. A word's tag is that of its first piece; the fallback tag where it has none."""
    offsets = features.arrays["offsets"]
    for sentence, start, end in zip(sentences, offsets, offsets[1:], strict=False):
        tags: list[list[str]] = [[] for _ in sentence.words]
        for word, label in zip(features.arrays["word_index"][start:end], labels[start:end], strict=True):
            if word >= 0:
                tags[word].append(settings.labels[label])
        yield "".join(
            f"{word} {pieces[0] if pieces else settings.fallback_tag} {','.join(pieces) or NO_PIECES}\n"
            for word, pieces in zip(sentence.words, tags, strict=True)
        )


def predict_answers(
    model: "PreTrainedModel", features: Features, questions: Sequence[Question], pad: int, settings: QuestionAnswering
) -> dict[str, str]:
    """The best span of all windows of each question, as text of its context; empty where no window has one."""
    best = [Found(index, -np.inf, 0, 0) for index in range(len(questions))]
    for batch in forward(model, features, pad):
        for found in _spans_of(batch, features, settings):
            best[found.question] = max(best[found.question], found, key=lambda span: span.score)
    return {
        question.id: question.context[span.char_start : span.char_end]
        for question, span in zip(questions, best, strict=True)
    }


def _spans_of(batch: Batch, features: Features, settings: QuestionAnswering) -> Iterator[Found]:
    """The best span of each window that has one."""
    arrays = features.arrays
    first, end = arrays["offsets"][batch.indices], arrays["offsets"][batch.indices + 1]
    starts, ends = batch.output.start_logits.cpu().numpy(), batch.output.end_logits.cpu().numpy()
    tokens = first[:, None] + np.arange(starts.shape[1])
    inside = tokens < end[:, None]
    tokens[~inside] = 0
    in_context = inside & (arrays["char_start"][tokens] != OUTSIDE)
    spans = best_spans(starts, ends, in_context, n_best=settings.n_best, max_tokens=settings.max_answer_tokens)
    rows = np.flatnonzero(np.isfinite(spans.scores))
    char_starts = arrays["char_start"][tokens[rows, spans.starts[rows]]]
    char_ends = arrays["char_end"][tokens[rows, spans.ends[rows]]]
    example_index = arrays["example_index"][batch.indices[rows]]
    return map(Found, example_index, spans.scores[rows], char_starts, char_ends)


def _check_model(finetuned: Path, tokenizer: LoadedTokenizer) -> None:
    found = read_json(finetuned / "run.json")["tokenizer"]
    if found != tokenizer.fingerprint:
        raise UserError(
            f"fine-tuned with the tokenizer {found}, expected {tokenizer.fingerprint}", where=finetuned / "run.json"
        )


def _check_examples(features: Features, examples: Path) -> None:
    found, expected = sha256_of(examples), features.metadata["examples_sha256"]
    if found != expected:
        raise UserError(
            f"its SHA-256 is {found}, but {features.path} was made from {expected}",
            where=examples,
            remedy="Encode the data set again.",
        )
