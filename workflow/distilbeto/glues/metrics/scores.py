"""Scores of a prediction file: the metrics of the official protocols and of the thesis, side by side."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from distilbeto.glues.examples import TaggedSentence
from distilbeto.glues.metrics.answers import normalize_mlqa_es, normalize_squad, score_answers
from distilbeto.glues.metrics.baselines import most_frequent, most_frequent_answer
from distilbeto.glues.metrics.gold import LABELS, Encoding, gold_answers, gold_labels, gold_sentences
from distilbeto.glues.metrics.labels import accuracy, repeat_for_subtokens
from distilbeto.glues.metrics.predictions import PredictedTags, read_answers, read_labels, read_tags
from distilbeto.glues.metrics.spans import score_spans
from distilbeto.glues.readers.conll2002 import check_span_tag

KINDS: dict[str, Literal["classes", "tags", "spans", "answers"]] = {
    **dict.fromkeys(("xnli", "paws_x", "mldoc", "classes"), "classes"),
    **dict.fromkeys(("pos", "tags"), "tags"),
    **dict.fromkeys(("ner", "spans"), "spans"),
    **dict.fromkeys(("mlqa", "tar", "xquad", "qa"), "answers"),
}

Metrics = Mapping[str, float | None]
Tags = list[list[str]]


class Scores(NamedTuple):
    """All in percent; a metric is None where the predictions do not allow it. The baseline is a majority guess."""

    examples: int
    metrics: Metrics
    baseline: Mapping[str, float]


def score_file(task: str, gold: Path, predictions: Path, encoding: Encoding = "utf-8") -> Scores:
    """Score the predictions for a task of KINDS.

    Raises:
        UserError: a file is malformed, or the predictions do not match the gold examples one by one.
    """
    kind = KINDS[task]
    if kind == "classes":
        labels = gold_labels(gold, task, encoding)
        return score_classes(labels, read_labels(predictions, len(labels), LABELS.get(task, ())))
    if kind == "answers":
        answers = gold_answers(gold, encoding)
        return score_questions(answers, read_answers(predictions, answers))
    sentences = gold_sentences(gold, kind, encoding)
    predicted = read_tags(predictions, sentences, check_span_tag if kind == "spans" else None)
    return score_entities(sentences, predicted) if kind == "spans" else score_tags(sentences, predicted)


def score_classes(gold: Sequence[str], predicted: Sequence[str]) -> Scores:
    """Accuracy: XNLI, PAWS-X, MLDoc."""
    baseline = accuracy(gold, [most_frequent(gold)] * len(gold))
    return Scores(len(gold), {"accuracy": accuracy(gold, predicted)}, {"accuracy": baseline})


def score_tags(gold: Sequence[TaggedSentence], predicted: Sequence[PredictedTags]) -> Scores:
    """Accuracy over words, and over all subtokens as the thesis counts POS."""
    words, guesses = _joined(sentence.tags for sentence in gold), _joined(sentence.words for sentence in predicted)
    subtokens = _subtokens(gold, predicted)
    metrics: Metrics = {
        "accuracy": accuracy(words, guesses),
        "subtokens.accuracy": accuracy(_joined(subtokens[0]), _joined(subtokens[1])) if subtokens else None,
    }
    return Scores(len(gold), metrics, {"accuracy": accuracy(words, [most_frequent(words)] * len(words))})


def score_entities(gold: Sequence[TaggedSentence], predicted: Sequence[PredictedTags]) -> Scores:
    """conlleval over words, F1 over all subtokens as the thesis counts NER. The majority guess, O, finds nothing."""
    scores = score_spans([sentence.tags for sentence in gold], [sentence.words for sentence in predicted])
    subtokens = _subtokens(gold, predicted)
    metrics: dict[str, float | None] = {
        f"conlleval.{kind}.{name}" if kind else f"conlleval.{name}": value
        for kind, of_kind in scores.items()
        for name, value in of_kind._asdict().items()
    }
    metrics["subtokens.f1"] = score_spans(*subtokens)[""].f1 if subtokens else None
    return Scores(len(gold), metrics, {"conlleval.f1": 0.0})


def score_questions(gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str]) -> Scores:
    """F1 and exact match under both normalizations. The majority guess is one answer to every question."""
    guess = dict.fromkeys(gold, most_frequent_answer(gold))
    return Scores(len(gold), _answer_metrics(gold, predicted), _answer_metrics(gold, guess))


def _answer_metrics(gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str]) -> dict[str, float]:
    return {
        f"{protocol}.{name}": value
        for protocol, normalize in (("squad", normalize_squad), ("mlqa_es", normalize_mlqa_es))
        for name, value in score_answers(gold, predicted, normalize)._asdict().items()
    }


def _subtokens(gold: Sequence[TaggedSentence], predicted: Sequence[PredictedTags]) -> tuple[Tags, Tags] | None:
    """Gold and predicted tags of the subtokens of each sentence; None where the predictions have no subtokens."""
    if not any(chain.from_iterable(sentence.subtokens or () for sentence in predicted)):
        return None
    return (
        [repeat_for_subtokens(right.tags, guess.subtokens or ()) for right, guess in zip(gold, predicted, strict=True)],
        [_joined(guess.subtokens or ()) for guess in predicted],
    )


def _joined(groups: Iterable[Iterable[str]]) -> list[str]:
    return list(chain.from_iterable(groups))
