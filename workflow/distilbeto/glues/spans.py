"""The best span of a context by its start and end logits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Spans(NamedTuple):
    """For each window: first and last token of the best span, and its score; -inf where there is none."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    scores: NDArray[np.float64]


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
