"""Accuracy, and the view of word tags by subtoken."""

from collections.abc import Sequence

from distilbeto.glues.metrics.ratios import agreement


def accuracy(gold: Sequence[str], predicted: Sequence[str]) -> float:
    """Share of equal labels in percent.

    Raises:
        ValueError: the lengths differ, or there is nothing to score.
    """
    return agreement([gold], [predicted]).percent


def repeat_for_subtokens(tags: Sequence[str], subtoken_tags: Sequence[Sequence[str]]) -> list[str]:
    """Each word's gold tag once for each of its subtokens, which is how the thesis scores POS and NER.

    `subtoken_tags` holds the predicted tags of each word; a word without subtokens in the model's input has none and
    vanishes here.
    """
    return [tag for tag, predicted in zip(tags, subtoken_tags, strict=True) for _ in predicted]
