"""How figures look, and how they are written: a PDF and a PNG, the same bytes for the same data."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from distilbeto.errors import UserError
from distilbeto.reports.figures.text import Words, number
from distilbeto.storage.files import replacing

# Told apart by people who do not see all colors (Okabe and Ito, 2008).
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6A00", "#444444")
QUIET = "#6b6b6b"
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": "#222222",
    "axes.titlesize": 9,
    "axes.titlepad": 8,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "legend.frameon": False,
    "pdf.fonttype": 42,
    "savefig.dpi": 160,
}
# Without these the same figure would differ from day to day.
UNDATED = {".pdf": {"CreationDate": None, "Producer": None, "Creator": None}, ".png": {"Software": None}}


@contextmanager
def styled() -> Iterator[None]:
    """Within it figures are drawn and written in the style of this project."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it logs each table of a font that goes into a PDF
    with rc_context(STYLE):
        yield


def write_below(figure: Figure, lines: Sequence[str]) -> None:
    """Put small lines of text, but for empty ones, below a figure of constrained layout."""
    figure.supxlabel("\n".join(line for line in lines if line), x=0.01, ha="left", fontsize=8, color=QUIET)


def write_figure(figure: Figure, paths: Sequence[Path]) -> None:
    """Write `figure` to each of `paths`, in the format of its suffix.

    Raises:
        UserError: the suffix is neither .pdf nor .png.
    """
    for path in paths:
        if path.suffix not in UNDATED:
            raise UserError(f"cannot write a figure as {path.suffix!r}", where=path, remedy="Use .pdf or .png.")
        with replacing(path) as temporary:
            figure.savefig(temporary, metadata=UNDATED[path.suffix])


def write_numbers(axes: Axes, words: Words) -> None:
    """Let both axes write numbers as the language does."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _position: _tick(value, words)))


def _tick(value: float, words: Words) -> str:
    decimals = next((count for count in range(5) if abs(value - round(value, count)) < 1e-9), 5)
    return number(value, words, decimals).replace("-", "\N{MINUS SIGN}")
