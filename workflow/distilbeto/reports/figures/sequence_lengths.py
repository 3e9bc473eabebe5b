"""The lengths of a corpus's sequences, and what was kept of its text."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.reports.figures.style import COLORS, write_below, write_numbers
from distilbeto.reports.figures.text import Words, number, percent

MOST_BINS = 64


def draw_sequence_lengths(counts: NDArray[np.int64], total: Mapping[str, int], words: Words, note: str = "") -> Figure:
    """`counts` [longest + 1] sequences of each length; `total` is the last row of the corpus report."""
    figure = Figure(figsize=(7.2, 3.9), layout="constrained")
    axes = figure.subplots()
    lengths = np.arange(counts.size)
    width = -(-(counts.size - 1) // MOST_BINS)
    _draw_shares(axes, counts, width, COLORS[0], words.of_sequences, filled=True)
    _draw_shares(axes, counts * lengths, width, COLORS[1], words.of_tokens, filled=False)
    median, mean = median_length(counts), float((counts * lengths).sum() / counts.sum())
    _mark(axes, median, f"{words.median} {number(median, words)}", 0.97)
    _mark(axes, mean, f"{words.mean} {number(mean, words, 1)}", 0.88)
    axes.set(xlabel=words.length, ylabel=words.percentage.format(width=width), xlim=(0, None), ylim=(0, None))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.legend(loc="upper right")
    write_numbers(axes, words)
    write_below(figure, [*summary(total, words), note])
    return figure


def median_length(counts: NDArray[np.int64]) -> int:
    """The length of the middle sequence, the shorter of two, by `counts` [longest + 1]."""
    return int(np.searchsorted(np.cumsum(counts), (counts.sum() + 1) // 2))


def summary(total: Mapping[str, int], words: Words) -> list[str]:
    """What became of the lines of a corpus, and of the pieces that they were cut into: two lines of text."""
    pieces = total["kept"] + total["short"] + total["unknown"]
    shares = {name: percent(total[name] / max(pieces, 1), words) for name in ("kept", "short", "unknown")}
    shares |= {name: percent(total[name] / max(total["lines"], 1), words) for name in ("cut", "empty")}
    numbers = {name: number(total[name], words) for name in ("lines", "tokens")}
    return [line.format(sequences=number(total["kept"], words), **numbers, **shares) for line in words.summary]


def read_total(report: Path) -> dict[str, int]:
    """The counts of the last row of a corpus report.

    Raises:
        UserError: it has no row of totals.
    """
    with report.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or rows[-1].get("file") != "total":
        raise UserError("expected a corpus report, whose last row is `total`", where=report)
    return {name: int(value) for name, value in rows[-1].items() if value.isdecimal()}


def _draw_shares(axes: Axes, weights: NDArray[np.int64], width: int, color: str, label: str, *, filled: bool) -> None:
    """The percentage of `weights` [longest + 1] in bins of `width` lengths, the last bin ending with the longest."""
    ends = np.arange(weights.size - 1, 0, -width)[::-1]
    before = np.concatenate([[0], np.cumsum(weights)[ends]])
    shares, edges = 100 * np.diff(before) / weights.sum(), np.concatenate([[ends[0] - width], ends]) + 0.5
    if filled:
        axes.stairs(shares, edges, fill=True, color=color, alpha=0.25)
    axes.stairs(shares, edges, color=color, linewidth=1.3, label=label)


def _mark(axes: Axes, length: float, label: str, height: float) -> None:
    """A line at `length` up to `height` of the axes, and what it marks."""
    axes.axvline(length, ymax=height, color=COLORS[0], linewidth=0.9, linestyle=(0, (4, 2)))
    axes.annotate(
        label,
        (length, height),
        xycoords=axes.get_xaxis_transform(),
        xytext=(4, 0),
        textcoords="offset points",
        verticalalignment="top",
        color=COLORS[0],
        fontsize=8,
    )
