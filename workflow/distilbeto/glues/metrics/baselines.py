"""What a majority guess scores: the floor under every result."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence


def most_frequent(labels: Iterable[str]) -> str:
    """The most frequent label; of several, the first to occur.

    Raises:
        ValueError: there are no labels.
    """
    counts = Counter(labels)
    if not counts:
        raise ValueError("no labels to count")
    return max(counts, key=counts.__getitem__)


def most_frequent_answer(gold: Mapping[str, Sequence[str]]) -> str:
    """The answer text that is gold for most questions; empty where no question has a gold answer."""
    answers = [text for texts in gold.values() for text in dict.fromkeys(texts)]
    return most_frequent(answers) if answers else ""
