"""How far this run is from what was published: a point for each model and test."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from distilbeto.errors import UserError
from distilbeto.reports.figures.style import COLORS, QUIET, write_below
from distilbeto.reports.figures.tables import read_table
from distilbeto.reports.figures.text import Words, number
from distilbeto.reports.tables.scores import test_means

COLUMNS = ("reference", "model", "task", "test", "value", "difference")


class Difference(NamedTuple):
    """This run minus a publication, in points; of F1 and exact match, the mean."""

    reference: str
    model: str
    column: str
    value: float


def read_differences(path: Path) -> list[Difference]:
    """The differences in comparison.csv but for those of averages.

    Raises:
        UserError: the file is not such a table, or is empty.
    """
    rows = read_table(path, COLUMNS)
    scores = rows[rows.task != ""].assign(value=lambda scores: scores.difference.astype(float))
    if scores.empty:
        raise UserError("nothing to compare: no measured model was published", where=path)
    means = test_means(scores, ["reference", "model"])
    return [Difference(name, model, f"{task}/{test}", value) for (name, model, task, test), value in means.items()]


def draw_comparison(differences: Sequence[Difference], names: Mapping[str, str], words: Words, note: str) -> Figure:
    """A panel for each publication, a line for each model, a color for each column: `names` has model and task/test."""
    references = list(dict.fromkeys(difference.reference for difference in differences))
    models = list(dict.fromkeys(difference.model for difference in differences))
    columns = list(dict.fromkeys(difference.column for difference in differences))
    figure = Figure(figsize=(7.6, 0.32 * len(models) + 1.9), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    panels = figure.subplots(1, len(references), sharey=True, squeeze=False)[0]
    for reference, axes in zip(references, panels, strict=True):
        of_panel = [difference for difference in differences if difference.reference == reference]
        _draw(axes, of_panel, models, columns)
        axes.set_title(reference, loc="left")
        axes.set_xlabel(words.difference)
        axes.xaxis.set_major_formatter(lambda value, _position: _signed(value, words))
    panels[0].set_yticks(range(len(models)), [names.get(model, model) for model in models])
    panels[0].invert_yaxis()
    handles = [
        Line2D([], [], marker="o", linestyle="", color=COLORS[index % len(COLORS)], label=names.get(column, column))
        for index, column in enumerate(columns)
    ]
    figure.legend(handles=handles, loc="outside upper left", ncols=4, fontsize=8)
    write_below(figure, [note])
    return figure


def _draw(axes: Axes, differences: Sequence[Difference], models: Sequence[str], columns: Sequence[str]) -> None:
    axes.axvline(0, color=QUIET, linewidth=1.0)
    for difference in differences:
        color = COLORS[columns.index(difference.column) % len(COLORS)]
        axes.plot(difference.value, models.index(difference.model), "o", color=color, markersize=5, alpha=0.85)


def _signed(value: float, words: Words) -> str:
    text = number(abs(value), words, 0 if value == round(value) else 1)
    return text if value == 0 else ("+" if value > 0 else "\N{MINUS SIGN}") + text
