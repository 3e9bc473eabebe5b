"""The metrics of each kind of task, under the official protocols and the thesis's, side by side."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar, assert_never

from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.answers import answer_ratios, normalize_mlqa_es, normalize_squad
from distilbeto.glues.metrics.classes import MacroF1, Mcc, f1_of, pairs_of
from distilbeto.glues.metrics.correlation import correlations
from distilbeto.glues.metrics.label_sets import set_metrics
from distilbeto.glues.metrics.per_example import Metric, Ratio, agreement
from distilbeto.glues.metrics.spans import span_ratios
from distilbeto.glues.metrics.tag_runs import tag_run_f1
from distilbeto.glues.metrics.unanswerable import best_of, squad_v2_metrics

if TYPE_CHECKING:
    from distilbeto.glues.examples import Candidate, PredictedTags, TaggedSentence
    from distilbeto.glues.settings import ClassMetric

Tags = list[list[str]]
Label = TypeVar("Label", bound=Hashable)


class Measured(NamedTuple):
    """Metrics, open to resampling; one is None where the predictions do not allow it.

    The baseline, in percent, is a majority guess; of numbers, any constant one.
    """

    examples: int
    ratios: Mapping[str, Metric | None]
    baseline: Mapping[str, float]
    others: Mapping[str, float | None] = {}  # best scores and thresholds, without intervals

    @property
    def resampled(self) -> dict[str, Metric]:
        """The metrics that have intervals."""
        return {name: metric for name, metric in self.ratios.items() if metric and name.count(".") < 2}

    @property
    def metrics(self) -> dict[str, float | None]:
        """In percent, but for thresholds."""
        return {name: ratio.percent if ratio else None for name, ratio in self.ratios.items()} | dict(self.others)


class Reported(NamedTuple):
    """The metrics that stand for a task in the tables of each protocol; the first official one also while it trains."""

    thesis: tuple[str, ...]
    official: tuple[str, ...]


def reported_metrics(
    kind: TaskKind,
    *,
    spans: bool,
    answer_metric: Literal["squad", "mlqa_es"] = "squad",
    metric: "ClassMetric" = "accuracy",
    unanswerable: bool = False,
) -> Reported:
    """Of the metrics of a task those that are reported.

    thesis: all subtokens in POS and NER, SQuAD's English normalizer in question answering.
    official: words (UPOS accuracy, conlleval), and `answer_metric`, the normalizer of a test set of questions.
    Classes: `metric` of the task. Questions of which some are `unanswerable`: those of SQuAD v2.
    Numbers: the mean of Pearson's and Spearman's correlation, as EvalES; sets of labels: micro F1.
    """
    match kind:
        case TaskKind.TOKEN_CLASSIFICATION:
            of_tags = Reported(("subtokens.accuracy",), ("accuracy",))
            return Reported(("subtokens.f1",), ("conlleval.f1",)) if spans else of_tags
        case TaskKind.SEQUENCE_CLASSIFICATION:
            return Reported((metric,), (metric,))
        case TaskKind.QUESTION_ANSWERING if unanswerable:
            return Reported(("squad_v2.f1", "squad_v2.exact_match"), ("squad_v2.f1", "squad_v2.exact_match"))
        case TaskKind.QUESTION_ANSWERING:
            return Reported(("squad.f1", "squad.exact_match"), (f"{answer_metric}.f1", f"{answer_metric}.exact_match"))
        case TaskKind.REGRESSION:
            return Reported(("combined",), ("combined",))
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            return Reported(("micro_f1",), ("micro_f1",))
        case _:
            assert_never(kind)


def measure_labels(gold: Sequence[str], predicted: Sequence[str], positive_label: str | None = None) -> Measured:
    """Accuracy, macro F1 and Matthews's correlation: XNLI, PAWS-X, MLDoc; with `positive_label` its F1."""
    guess = [most_frequent(gold)] * len(gold)
    baseline = {name: metric.percent for name, metric in _class_metrics(gold, guess, positive_label).items()}
    return Measured(len(gold), _class_metrics(gold, predicted, positive_label), baseline)


def measure_numbers(gold: Sequence[float], predicted: Sequence[float]) -> Measured:
    """Correlations: STS. A constant guess has none: its baseline is 0."""
    combined = correlations(gold, predicted)
    metrics: dict[str, Metric] = {"pearson": combined.pearson, "spearman": combined.spearman, "combined": combined}
    return Measured(len(gold), metrics, dict.fromkeys(metrics, 0.0))


def measure_label_sets(gold: Sequence[Collection[str]], predicted: Sequence[Collection[str]]) -> Measured:
    """Micro and macro F1 and exact match of sets of labels. The majority guess is the most frequent set."""
    guess = most_frequent(tuple(sorted(labels)) for labels in gold)
    baseline = set_metrics(gold, [guess] * len(gold))._asdict()
    ratios = set_metrics(gold, predicted)._asdict()
    return Measured(len(gold), ratios, {name: metric.percent for name, metric in baseline.items()})


def measure_tags(gold: Sequence["TaggedSentence"], predicted: Sequence["PredictedTags"], *, spans: bool) -> Measured:
    """Over words, and over all subtokens as the thesis counts.

    Of plain tags, accuracy, and seqeval's F1, to be held against published ones. Of spans (IOB2), what conlleval
    prints: the majority guess, O, finds nothing.
    """
    words = [sentence.tags for sentence in gold], [sentence.words for sentence in predicted]
    subtokens = _subtokens(gold, predicted)
    if not spans:
        of_tags: dict[str, Metric | None] = {
            "accuracy": agreement(*words),
            "subtokens.accuracy": agreement(*subtokens) if subtokens else None,
            "seqeval_tags_f1": tag_run_f1(*words),
        }
        return Measured(len(gold), of_tags, _majority(_joined(words[0])))
    ratios: dict[str, Ratio | None] = {
        f"conlleval.{entity}.{name}" if entity else f"conlleval.{name}": ratio
        for entity, of_entity in span_ratios(*words).items()
        for name, ratio in of_entity._asdict().items()
    }
    ratios["subtokens.f1"] = span_ratios(*subtokens)[""].f1 if subtokens else None
    return Measured(len(gold), ratios, {"conlleval.f1": 0.0})


def measure_answers(gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str]) -> Measured:
    """F1 and exact match under both normalizations. The majority guess is one answer to every question."""
    guess = dict.fromkeys(gold, most_frequent_answer(gold))
    ratios, baseline = _answer_ratios(gold, predicted), _answer_ratios(gold, guess)
    return Measured(len(gold), ratios, {name: ratio.percent for name, ratio in baseline.items()})


def measure_answers_or_none(
    gold: Mapping[str, Sequence[str]],
    predicted: Mapping[str, str],
    candidates: Mapping[str, "Candidate"] | None = None,
) -> Measured:
    """What evaluate-v2.0.py of SQuAD v2 prints; with `candidates` also the best scores and thresholds.

    The majority guess is one answer to every question, or none. Where answering nothing is best, the threshold that is
    printed is 0, as in the published script.
    """
    guess = most_frequent(text for texts in gold.values() for text in dict.fromkeys(texts or [""]))
    baseline = squad_v2_metrics(gold, dict.fromkeys(gold, guess))
    best = {name: best_of(gold, candidates, name) for name in ("exact_match", "f1")} if candidates else {}
    others = {f"squad_v2.best_{name}": score for name, (score, _) in best.items()}
    others |= {f"squad_v2.best_{name}_threshold": threshold or 0.0 for name, (_, threshold) in best.items()}
    found = {name: metric.percent for name, metric in baseline.items() if metric}
    return Measured(len(gold), squad_v2_metrics(gold, predicted), found, others)


def most_frequent(labels: Iterable[Label]) -> Label:
    """The most frequent label; of several, the first to occur.

    Raises:
        ValueError: there are no labels.
    """
    counts = Counter(labels)
    if not counts:
        raise ValueError("no labels to count")
    return max(counts, key=counts.__getitem__)


def most_frequent_answer(gold: Mapping[str, Sequence[str]]) -> str:
    """The answer text that is gold for most questions, but the empty one; empty where no question has another."""
    answers = [text for texts in gold.values() for text in dict.fromkeys(texts) if text]
    return most_frequent(answers) if answers else ""


def repeat_for_subtokens(tags: Sequence[str], subtoken_tags: Sequence[Sequence[str]]) -> list[str]:
    """Each word's gold tag once for each of its subtokens, which is how the thesis scores POS and NER.

    `subtoken_tags` holds the predicted tags of each word; a word without subtokens in the model's input has none and
    vanishes here.
    """
    return [tag for tag, predicted in zip(tags, subtoken_tags, strict=True) for _ in predicted]


def _subtokens(gold: Sequence["TaggedSentence"], predicted: Sequence["PredictedTags"]) -> tuple[Tags, Tags] | None:
    """Gold and predicted tags of the subtokens of each sentence; None where the predictions have no subtokens."""
    if not any(chain.from_iterable(sentence.subtokens or () for sentence in predicted)):
        return None
    return (
        [repeat_for_subtokens(right.tags, guess.subtokens or ()) for right, guess in zip(gold, predicted, strict=True)],
        [_joined(guess.subtokens or ()) for guess in predicted],
    )


def _answer_ratios(gold: Mapping[str, Sequence[str]], predicted: Mapping[str, str]) -> dict[str, Ratio]:
    return {
        f"{protocol}.{name}": ratio
        for protocol, normalize in (("squad", normalize_squad), ("mlqa_es", normalize_mlqa_es))
        for name, ratio in answer_ratios(gold, predicted, normalize)._asdict().items()
    }


def _class_metrics(gold: Sequence[str], predicted: Sequence[str], positive_label: str | None) -> dict[str, Metric]:
    pairs = pairs_of(gold, predicted)
    accuracy = agreement([[label] for label in gold], [[label] for label in predicted])
    metrics: dict[str, Metric] = {"accuracy": accuracy, "macro_f1": MacroF1(pairs), "mcc": Mcc(pairs)}
    return metrics | ({} if positive_label is None else {"f1": f1_of(positive_label, gold, predicted)})


def _majority(gold: Sequence[str]) -> dict[str, float]:
    """The accuracy of the most frequent label as a guess."""
    return {"accuracy": agreement([gold], [[most_frequent(gold)] * len(gold)]).percent}


def _joined(groups: Iterable[Iterable[str]]) -> list[str]:
    return list(chain.from_iterable(groups))
