"""The metrics of each kind of task, under the official protocols and the thesis's, side by side."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from distilbeto.glues.metrics.answers import answer_ratios, normalize_mlqa_es, normalize_squad
from distilbeto.glues.metrics.baselines import most_frequent, most_frequent_answer
from distilbeto.glues.metrics.labels import accuracy, repeat_for_subtokens
from distilbeto.glues.metrics.ratios import Ratio, agreement
from distilbeto.glues.metrics.spans import span_ratios

if TYPE_CHECKING:
    from distilbeto.glues.examples import PredictedTags, TaggedSentence

Tags = list[list[str]]


class Measured(NamedTuple):
    """Metrics, open to resampling; one is None where the predictions do not allow it.

    The baseline, in percent, is a majority guess.
    """

    examples: int
    ratios: Mapping[str, Ratio | None]
    baseline: Mapping[str, float]

    @property
    def metrics(self) -> dict[str, float | None]:
        """In percent."""
        return {name: ratio.percent if ratio else None for name, ratio in self.ratios.items()}


def score_classes(gold: Sequence[str], predicted: Sequence[str]) -> Measured:
    """Accuracy: XNLI, PAWS-X, MLDoc."""
    ratios = {"accuracy": agreement([[label] for label in gold], [[label] for label in predicted])}
    return Measured(len(gold), ratios, {"accuracy": accuracy(gold, [most_frequent(gold)] * len(gold))})


def score_tags(gold: Sequence["TaggedSentence"], predicted: Sequence["PredictedTags"]) -> Measured:
    """Accuracy over words, and over all subtokens as the thesis counts POS."""
    words = _joined(sentence.tags for sentence in gold)
    subtokens = _subtokens(gold, predicted)
    ratios = {
        "accuracy": agreement([sentence.tags for sentence in gold], [sentence.words for sentence in predicted]),
        "subtokens.accuracy": agreement(*subtokens) if subtokens else None,
    }
    return Measured(len(gold), ratios, {"accuracy": accuracy(words, [most_frequent(words)] * len(words))})


def score_entities(gold: Sequence["TaggedSentence"], predicted: Sequence["PredictedTags"]) -> Measured:
    """conlleval over words, F1 over all subtokens as the thesis counts NER. The majority guess, O, finds nothing."""
    by_kind = span_ratios([sentence.tags for sentence in gold], [sentence.words for sentence in predicted])
    subtokens = _subtokens(gold, predicted)
    ratios: dict[str, Ratio | None] = {
        f"conlleval.{kind}.{name}" if kind else f"conlleval.{name}": ratio
        for kind, of_kind in by_kind.items()
        for name, ratio in of_kind._asdict().items()
    }
    ratios["subtokens.f1"] = span_ratios(*subtokens)[""].f1 if subtokens else None
    return Measured(len(gold), ratios, {"conlleval.f1": 0.0})


def score_questions(gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str]) -> Measured:
    """F1 and exact match under both normalizations. The majority guess is one answer to every question."""
    guess = dict.fromkeys(gold, most_frequent_answer(gold))
    ratios, baseline = _answer_ratios(gold, predicted), _answer_ratios(gold, guess)
    return Measured(len(gold), ratios, {name: ratio.percent for name, ratio in baseline.items()})


def _answer_ratios(gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str]) -> dict[str, Ratio]:
    return {
        f"{protocol}.{name}": ratio
        for protocol, normalize in (("squad", normalize_squad), ("mlqa_es", normalize_mlqa_es))
        for name, ratio in answer_ratios(gold, predicted, normalize)._asdict().items()
    }


def _subtokens(gold: Sequence["TaggedSentence"], predicted: Sequence["PredictedTags"]) -> tuple[Tags, Tags] | None:
    """Gold and predicted tags of the subtokens of each sentence; None where the predictions have no subtokens."""
    if not any(chain.from_iterable(sentence.subtokens or () for sentence in predicted)):
        return None
    return (
        [repeat_for_subtokens(right.tags, guess.subtokens or ()) for right, guess in zip(gold, predicted, strict=True)],
        [_joined(guess.subtokens or ()) for guess in predicted],
    )


def _joined(groups: Iterable[Iterable[str]]) -> list[str]:
    return list(chain.from_iterable(groups))
