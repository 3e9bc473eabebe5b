"""F1 of plain tags as seqeval counts them: what is published as F1 of part-of-speech tagging, and is no good measure.

seqeval takes a tag's first letter for the prefix of IOB and the rest for a type. Runs of equal tags become one span,
and tags that differ in their first letter alone are one type: CCONJ tagged as SCONJ counts as right.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from distilbeto.glues.metrics.per_example import Ratio, ratio

Run = tuple[str, int, int]
BETWEEN = "O"  # what seqeval puts after each sentence


def tag_run_f1(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Ratio:
    """2 x equal runs over all runs of both, one numerator and one denominator a sentence: that in which a run ends.

    Equal to f1_score of seqeval 1.2.2 in its default mode. That joins all sentences to one, so that a type may reach
    across their border (a tag of one letter, X, does): the whole is its number, the parts serve resampling.
    """
    sentence_of = [place for place, tags in enumerate(gold) for _ in (*tags, BETWEEN)]
    right, of_gold, of_predicted = (
        Counter(sentence_of[last] for _, _, last in runs)
        for runs in (set(_runs(gold)) & set(_runs(predicted)), _runs(gold), _runs(predicted))
    )
    sentences = range(len(gold))
    return ratio(
        [2 * right[sentence] for sentence in sentences],
        [of_gold[sentence] + of_predicted[sentence] for sentence in sentences],
    )


def _runs(sentences: Sequence[Sequence[str]]) -> Iterator[Run]:
    """Type, first and last word of each run, counted through all sentences, each with one more place at its end."""
    first, letter_before, kind_before = 0, BETWEEN, ""
    joined = [tag for tags in sentences for tag in (*tags, BETWEEN)]
    for place, tag in enumerate(joined):
        letter, kind = tag[0], tag[1:].split("-", maxsplit=1)[-1] or "_"
        if _ends(letter_before, letter, kind_before != kind):
            yield kind_before, first, place - 1
        if _starts(letter_before, letter, kind_before != kind):
            first = place
        letter_before, kind_before = letter, kind


def _ends(before: str, letter: str, changed: bool) -> bool:
    return before in "ES" or (before in "BI" and letter in "BSO") or (changed and before not in "O.")


def _starts(before: str, letter: str, changed: bool) -> bool:
    return letter in "BS" or (letter in "EI" and before in "ESO") or (changed and letter not in "O.")
