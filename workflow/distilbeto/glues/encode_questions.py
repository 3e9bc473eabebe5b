"""Question answering: a question with each of the overlapping windows of its context."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple
from unicodedata import combining, is_normalized

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.glues.examples import Question
from distilbeto.glues.features import IGNORED_LABEL, OUTSIDE
from distilbeto.glues.sequences import Encoded, Sequences, chunks, flat, sequence_arrays
from distilbeto.tokenizer import LoadedTokenizer, text_tokenizer

NO_ANSWER = (0, 0)
NO_TARGET = (IGNORED_LABEL, IGNORED_LABEL)


class Context(NamedTuple):
    """Tokens of a context, and the characters [starts, ends) of it that each stands for, without outer spaces."""

    ids: list[int]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]


class Window(NamedTuple):
    """A sequence: its question, the answer's first and last token, the tokens before the context, and the context's."""

    example_index: int
    answer: tuple[int, int]
    before: int
    context: Context


def encode_questions(
    questions: Sequence[Question],
    tokenizer: LoadedTokenizer,
    max_length: int,
    stride: int,
    *,
    unanswerable: bool = False,
) -> Encoded:
    """Pairs of a question and a window of its context, of at most `max_length` tokens; neighbours share `stride`.

    A question is cut at half of `max_length`. example_index, start_positions, end_positions: int32 [windows], positions
    of the first gold answer's first and last token in the sequence, 0 (the first special token, or of a tokenizer that
    begins with none the question's first) where the window does not hold all of it. Where questions may be
    `unanswerable`, position 0 says so: there, windows of a question that has an answer, but none that
    tokens of its context hold, have no target (-100).
    char_start, char_end: int32, flat as input_ids is, [start, end) in the context; -1 outside the context.

    Raises:
        UserError: windows of these lengths might not advance.
    """
    template = tokenizer.template
    around = template.special(pair=True)
    _check_stride(max_length, stride, around)
    sequences, rows, truncated = Sequences([], []), [], 0
    for index, (question, ids, context) in enumerate(_tokenized(questions, tokenizer)):
        kept = ids[: max_length // 2]
        truncated += len(kept) < len(ids)
        answer, before = _answer_tokens(question, context), len(kept) + around - len(template.end)
        untold = unanswerable and answer is None and bool(question.answers)
        for start, end in windows(len(context.ids), max_length - len(kept) - around, stride):
            window = Context(context.ids[start:end], context.starts[start:end], context.ends[start:end])
            sequences.add(tokenizer, kept, window.ids)
            target = NO_TARGET if untold else _position(answer, start, end, before)
            rows.append(Window(index, target, before, window))
    spans = _span_arrays(rows, len(template.end))
    found = np.unique(spans["example_index"][spans["start_positions"] > 0])
    answered = sum(bool(question.located) for question in questions)
    counts = {"truncated": truncated, "answers_lost": answered - len(found)}
    return Encoded(sequence_arrays(sequences, tokenizer.vocab_size) | spans, counts)


def _context_of(text: str, ids: list[int], offsets: list[tuple[int, int]]) -> Context:
    """The tokens of `text` with their characters, without the space that a word-start marker stands for."""
    if not is_normalized("NFC", text):
        offsets = _with_accents(text, offsets)
    trimmed = [_without_spaces(text, start, end) for start, end in offsets]
    starts, ends = np.array(trimmed, np.int32).reshape(-1, 2).T
    assert (np.diff(starts) >= 0).all() and (np.diff(ends) >= 0).all(), "offsets of tokens do not ascend"
    assert not len(ends) or ends[-1] <= len(text), "offsets of tokens are not in characters"
    return Context(ids, starts, ends)


def windows(tokens: int, size: int, shared: int) -> Iterator[tuple[int, int]]:
    """[start, end) of windows of `size` over `tokens` tokens, each sharing `shared` with the next; at least one."""
    for start in range(0, max(tokens - shared, 1), size - shared):
        yield start, min(start + size, tokens)


def _answer_tokens(question: Question, context: Context) -> tuple[int, int] | None:
    """First and last token of the first gold answer in the context; None without one, or if no token touches it."""
    if not question.located:
        return None
    answer = question.located[0]
    first = int(np.searchsorted(context.ends, answer.start, side="right"))
    last = int(np.searchsorted(context.starts, answer.start + len(answer.text), side="left")) - 1
    return (first, last) if first <= last else None


def _check_stride(max_length: int, stride: int, special: int) -> None:
    smallest = max_length - max_length // 2 - special
    if stride >= smallest:
        raise UserError(
            f"windows cannot share {stride} tokens: in sequences of {max_length}, one may be {smallest} tokens long",
            remedy="Set question_answering.stride lower, or max_length higher.",
        )


def _position(answer: tuple[int, int] | None, start: int, end: int, before: int) -> tuple[int, int]:
    """Where the tokens of an answer stand in the sequence of the window [start, end)."""
    if answer is None or answer[0] < start or answer[1] >= end:
        return NO_ANSWER
    return answer[0] - start + before, answer[1] - start + before


def _tokenized(
    questions: Sequence[Question], tokenizer: LoadedTokenizer
) -> Iterator[tuple[Question, list[int], Context]]:
    """Each question, its tokens and its context. A context that questions of a chunk share is tokenized once."""
    reading = text_tokenizer(tokenizer)
    for chunk in chunks(questions):
        texts = list(dict.fromkeys(question.context for question in chunk))
        encodings = reading.encode_batch(texts, add_special_tokens=False)
        contexts = {
            text: _context_of(text, encoding.ids, encoding.offsets)
            for text, encoding in zip(texts, encodings, strict=True)
        }
        asked = reading.encode_batch_fast([each.question for each in chunk], add_special_tokens=False)
        for question, encoding in zip(chunk, asked, strict=True):
            yield question, encoding.ids, contexts[question.context]


def _span_arrays(rows: Sequence[Window], after: int) -> dict[str, NDArray[Any]]:
    def with_outside(row: Window, characters: NDArray[np.int32]) -> list[int]:
        return [*repeat(OUTSIDE, row.before), *characters.tolist(), *repeat(OUTSIDE, after)]

    return {
        "example_index": np.array([row.example_index for row in rows], np.int32),
        "start_positions": np.array([row.answer[0] for row in rows], np.int32),
        "end_positions": np.array([row.answer[1] for row in rows], np.int32),
        "char_start": flat((with_outside(row, row.context.starts) for row in rows), np.int32),
        "char_end": flat((with_outside(row, row.context.ends) for row in rows), np.int32),
    }


def _without_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _with_accents(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """`offsets` with the accents that combine with the last letter of a token, up to the next token."""
    longer, limits = [], [*(start for start, _ in offsets[1:]), len(text)]
    for (start, end), limit in zip(offsets, limits, strict=False):
        after = end
        while start < after < limit and combining(text[after]):
            after += 1
        longer.append((start, after))
    return longer
