"""Loss and metrics of a model on the development set, from one pass over it."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, assert_never

from distilbeto.finetuning.collapse import is_constant, is_flat
from distilbeto.finetuning.decode import (
    decode_answers,
    decode_candidates,
    decode_labels,
    decode_numbers,
    decode_tags,
    label_probabilities,
    label_sets,
)
from distilbeto.finetuning.forward import Batch, forward
from distilbeto.finetuning.losses import summed_loss, target_count
from distilbeto.finetuning.settings import RunSettings
from distilbeto.finetuning.threshold import above_threshold, best_threshold
from distilbeto.glues.examples import (
    ClassificationExample,
    Example,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
    read_examples,
)
from distilbeto.glues.features import Features, check_examples, check_task, open_features
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.by_kind import (
    Measured,
    measure_answers,
    measure_answers_or_none,
    measure_label_sets,
    measure_labels,
    measure_numbers,
    measure_tags,
    reported_metrics,
)
from distilbeto.glues.metrics.unanswerable import threshold_of
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Development(NamedTuple):
    """A development set, and how its predictions are made."""

    features: Features
    examples: Sequence[Example]
    settings: RunSettings
    pad: int


class Evaluation(NamedTuple):
    """The mean loss of all targets, in nats but for numbers; the metrics in percent, by the names that scores have.

    `threshold`, of no answer or of sets of labels, is the best of this development set: the metrics are those that it
    gives. `constant`: all predictions are the same (collapse.py).
    """

    loss: float
    metrics: dict[str, float]
    threshold: float | None = None
    constant: bool = False


class Judged(NamedTuple):
    """Of the predictions: the metrics, whether they are all the same, and the threshold that they were taken with."""

    measured: Measured
    constant: bool
    threshold: float | None = None


def metric_of(settings: RunSettings) -> str:
    """The metric that a development set is scored by."""
    reported = reported_metrics(
        settings.kind, spans=settings.spans, metric=settings.metric, unanswerable=settings.unanswerable
    )
    return reported.official[0]


def open_development(features: Path, examples: Path, settings: RunSettings, tokenizer: LoadedTokenizer) -> Development:
    """Open the development set as features and as the examples that they were made from.

    Raises:
        UserError: they do not belong together, or not to the tokenizer and the task.
    """
    opened = open_features(features, tokenizer)
    check_task(opened, settings.kind, settings.labels)
    check_examples(opened, examples)
    return Development(opened, read_examples(examples), settings, tokenizer.pad)


def evaluate(model: "PreTrainedModel", development: Development, precision: str) -> Evaluation:
    """Evaluate `model` as predictions made with it would be scored."""
    losses: list[tuple[float, int]] = []
    batches = forward(model, development.features, development.pad, precision)
    judged = _judge(_noting_losses(development.settings.kind, batches, losses), development)
    total, targets = math.fsum(loss for loss, _ in losses), sum(count for _, count in losses)
    metrics = {name: value for name, value in judged.measured.metrics.items() if value is not None}
    return Evaluation(total / max(targets, 1), metrics, judged.threshold, judged.constant)


def _noting_losses(kind: TaskKind, batches: Iterable[Batch], losses: list[tuple[float, int]]) -> Iterator[Batch]:
    for batch in batches:
        losses.append((summed_loss(kind, batch.output, batch.inputs).item(), int(target_count(batch.inputs))))
        yield batch


def _judge(batches: Iterable[Batch], development: Development) -> Judged:
    """No logits are kept, but probabilities of labels are."""
    features, examples, settings, _ = development
    match settings.kind:
        case TaskKind.SEQUENCE_CLASSIFICATION:
            labels = decode_labels(batches, features, settings.labels)
            classes = [each.label for each in examples if isinstance(each, ClassificationExample)]
            return Judged(measure_labels(classes, labels, settings.positive_label), is_constant(labels, classes))
        case TaskKind.TOKEN_CLASSIFICATION:
            sentences = [each for each in examples if isinstance(each, TaggedSentence)]
            tags = decode_tags(batches, features, sentences, settings)
            gold_tags = chain.from_iterable(each.tags for each in sentences)
            constant = is_constant(chain.from_iterable(each.words for each in tags), gold_tags)
            return Judged(measure_tags(sentences, tags, spans=settings.spans), constant)
        case TaskKind.QUESTION_ANSWERING:
            questions = [each for each in examples if isinstance(each, Question)]
            gold = {each.id: [answer.text for answer in each.answers] for each in questions}
            accepted = [tuple(texts) for texts in gold.values()]
            if not settings.unanswerable:
                answers = decode_answers(batches, features, questions, settings.question_answering)
                return Judged(measure_answers(gold, answers), is_constant(answers.values(), accepted))
            candidates = decode_candidates(batches, features, questions, settings.question_answering)
            threshold = threshold_of(gold, candidates)
            answers = above_threshold(candidates, threshold)
            constant = is_constant(answers.values(), accepted)
            return Judged(measure_answers_or_none(gold, answers, candidates), constant, threshold)
        case TaskKind.REGRESSION:
            targets = [each.target for each in examples if isinstance(each, RegressionExample)]
            numbers = decode_numbers(batches, features, settings.range)
            return Judged(measure_numbers(targets, numbers), is_flat(numbers, targets))
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            probabilities = label_probabilities(batches, features, settings.labels)
            threshold = best_threshold(probabilities, features.arrays["labels"] == 1)
            sets = [each.labels for each in examples if isinstance(each, MultiLabelExample)]
            found = label_sets(probabilities, threshold, settings.labels)
            return Judged(measure_label_sets(sets, found), is_constant(found, sets), threshold)
        case _:
            assert_never(settings.kind)
