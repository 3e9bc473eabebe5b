"""From the outputs of a model to predictions in the words of a task."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from distilbeto.finetuning.forward import Batch
from distilbeto.finetuning.settings import PredictionSettings, QuestionAnswering
from distilbeto.glues.examples import Candidate, PredictedTags, Question, TaggedSentence
from distilbeto.glues.features import OUTSIDE, Features


class Found(NamedTuple):
    """The best span of a window: the place of its question, its score (-inf where there is none), its characters
    [start, end) in the context; and the score of no answer, that of CLS."""

    question: int
    score: float
    char_start: int
    char_end: int
    null_score: float


class Spans(NamedTuple):
    """For each window: first and last token of the best span, and its score; -inf where there is none."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    scores: NDArray[np.float64]


def decode_labels(batches: Iterable[Batch], features: Features, labels: Sequence[str]) -> list[str]:
    """The label of each sequence."""
    found = np.empty(len(features.lengths()), np.int64)
    for indices, _, output in batches:
        found[indices] = output.logits.argmax(-1).cpu().numpy()
    return [labels[index] for index in found.tolist()]


def decode_numbers(batches: Iterable[Batch], features: Features, bounds: Sequence[float] | None) -> list[float]:
    """The number of each sequence, where `bounds`, if given, are what the outputs 0 and 1 stand for.

    As many digits as single precision has: what is written and scored is what is scored in development.
    """
    found = np.empty(len(features.lengths()), np.float64)
    for indices, _, output in batches:
        found[indices] = _array(output.logits.squeeze(-1))
    low, high = bounds or (0, 1)
    return [float(str(np.float32(low + (high - low) * number))) for number in found]


def label_probabilities(batches: Iterable[Batch], features: Features, labels: Sequence[str]) -> NDArray[np.float64]:
    """That each sequence has each label: [sequences, labels]."""
    logits = np.empty((len(features.lengths()), len(labels)), np.float64)
    for indices, _, output in batches:
        logits[indices] = _array(output.logits)
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))


def label_sets(probabilities: NDArray[np.float64], threshold: float, labels: Sequence[str]) -> list[tuple[str, ...]]:
    """The labels of each sequence whose probability reaches the threshold, in the order of `labels`."""
    return [
        tuple(label for label, reached in zip(labels, row, strict=True) if reached)
        for row in (probabilities >= threshold).tolist()
    ]


def decode_tags(
    batches: Iterable[Batch], features: Features, sentences: Sequence[TaggedSentence], settings: PredictionSettings
) -> list[PredictedTags]:
    """The tags of each sentence's words. That of a word's first piece counts; the fallback tag where it has none."""
    offsets, word_index = features.arrays["offsets"], features.arrays["word_index"]
    tags: list[list[list[str]]] = [[[] for _ in sentence.words] for sentence in sentences]
    for indices, _, output in batches:
        for index, row in zip(indices, output.logits.argmax(-1).tolist(), strict=True):
            words = word_index[offsets[index] : offsets[index + 1]].tolist()
            for word, label in zip(words, row, strict=False):
                if word >= 0:
                    tags[index][word].append(settings.labels[label])
    return [_predicted(words, settings.fallback_tag or "") for words in tags]


def _predicted(words: Sequence[Sequence[str]], fallback: str) -> PredictedTags:
    first = tuple(pieces[0] if pieces else fallback for pieces in words)
    return PredictedTags(first, tuple(map(tuple, words)))


def decode_answers(
    batches: Iterable[Batch], features: Features, questions: Sequence[Question], settings: QuestionAnswering
) -> dict[str, str]:
    """The best span of all windows of each question, as text of its context; empty where no window has one."""
    return {
        name: candidate.span for name, candidate in decode_candidates(batches, features, questions, settings).items()
    }


def decode_candidates(
    batches: Iterable[Batch], features: Features, questions: Sequence[Question], settings: QuestionAnswering
) -> dict[str, Candidate]:
    """The same, and the score of no answer: the lowest of all windows, less that of the best span; where no window has
    a span, the highest number there is (Devlin et al., 2019, section 4.3)."""
    best = [Found(index, -np.inf, 0, 0, np.inf) for index in range(len(questions))]
    for batch in batches:
        for found in _spans_of(batch, features, settings):
            before = best[found.question]
            null_score = min(before.null_score, found.null_score)
            best[found.question] = max(before, found, key=lambda span: span.score)._replace(null_score=null_score)
    return {
        question.id: Candidate(
            question.context[span.char_start : span.char_end],
            float(min(span.null_score - span.score, sys.float_info.max)),
        )
        for question, span in zip(questions, best, strict=True)
    }


def _spans_of(batch: Batch, features: Features, settings: QuestionAnswering) -> Iterator[Found]:
    """The best span of each window."""
    arrays = features.arrays
    first, end = arrays["offsets"][batch.indices], arrays["offsets"][batch.indices + 1]
    starts, ends = _array(batch.output.start_logits), _array(batch.output.end_logits)
    tokens = first[:, None] + np.arange(starts.shape[1])
    inside = tokens < end[:, None]
    tokens[~inside] = 0
    in_context = inside & (arrays["char_start"][tokens] != OUTSIDE)
    spans = best_spans(starts, ends, in_context, n_best=settings.n_best, max_tokens=settings.max_answer_tokens)
    rows = np.arange(len(tokens))
    char_starts = arrays["char_start"][tokens[rows, spans.starts]]
    char_ends = arrays["char_end"][tokens[rows, spans.ends]]
    null_scores = starts[:, 0].astype(np.float64) + ends[:, 0]
    return map(Found, arrays["example_index"][batch.indices], spans.scores, char_starts, char_ends, null_scores)


def best_spans(
    start_logits: NDArray[np.floating],
    end_logits: NDArray[np.floating],
    in_context: NDArray[np.bool_],
    *,
    n_best: int,
    max_tokens: int,
) -> Spans:
    """The span with the highest sum of logits in each window (BERT, section 4.2), among the `n_best` starts and ends.

    All arrays are [windows, length]. A span lies in the context, does not end before it starts, and has at most
    `max_tokens` tokens. Of equal scores, the one with the better start wins, then the one with the better end.
    """
    starts, start_scores = _best(start_logits, in_context, n_best)
    ends, end_scores = _best(end_logits, in_context, n_best)
    tokens = ends[:, None, :] - starts[:, :, None] + 1
    scores = np.where((tokens > 0) & (tokens <= max_tokens), start_scores[:, :, None] + end_scores[:, None, :], -np.inf)
    flat = scores.reshape(len(scores), -1)
    best = flat.argmax(axis=1)
    rows = np.arange(len(flat))
    return Spans(starts[rows, best // ends.shape[1]], ends[rows, best % ends.shape[1]], flat[rows, best])


def _best(
    logits: NDArray[np.floating], in_context: NDArray[np.bool_], n_best: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Positions and logits [windows, n] of the highest logits in the context, the highest first."""
    masked = np.where(in_context, logits.astype(np.float64), -np.inf)
    positions = np.argsort(-masked, axis=1, kind="stable")[:, :n_best]
    return positions, np.take_along_axis(masked, positions, axis=1)


def _array(logits: torch.Tensor) -> NDArray[np.float32]:
    """NumPy has no bfloat16."""
    array: NDArray[np.float32] = logits.float().cpu().numpy()
    return array
