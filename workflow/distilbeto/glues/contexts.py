"""Contexts of questions as tokens: windows over them, and the characters and tokens of answers."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.glues.examples import Question


class Context(NamedTuple):
    """Tokens of a context, and the characters [starts, ends) of it that each stands for, without outer spaces."""

    ids: list[int]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


def context_of(text: str, ids: list[int], offsets: list[tuple[int, int]]) -> Context:
    """The tokens of `text` with their characters, without the space that a word-start marker stands for."""
    trimmed = [_without_spaces(text, start, end) for start, end in offsets]
    starts, ends = np.array(trimmed, np.int32).reshape(-1, 2).T
    assert (np.diff(starts) >= 0).all() and (np.diff(ends) >= 0).all(), "offsets of tokens do not ascend"
    assert not len(ends) or ends[-1] <= len(text), "offsets of tokens are not in characters"
    return Context(ids, starts, ends)


def windows(tokens: int, size: int, shared: int) -> Iterator[tuple[int, int]]:
    """[start, end) of windows of `size` over `tokens` tokens, each sharing `shared` with the next; at least one."""
    for start in range(0, max(tokens - shared, 1), size - shared):
        yield start, min(start + size, tokens)


def answer_tokens(question: Question, context: Context) -> tuple[int, int] | None:
    """First and last token of the first gold answer in the context; None without one, or if no token touches it."""
    if not question.answers:
        return None
    answer = question.answers[0]
    first = int(np.searchsorted(context.ends, answer.start, side="right"))
    last = int(np.searchsorted(context.starts, answer.start + len(answer.text), side="left")) - 1
    return (first, last) if first <= last else None


def _without_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
