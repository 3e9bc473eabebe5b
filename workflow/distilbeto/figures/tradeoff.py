"""What a score costs: the average of each model against its parameters and against its time on the CPU."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogLocator, NullFormatter

from distilbeto.errors import UserError
from distilbeto.figures.style import COLORS, write_below, write_numbers
from distilbeto.figures.tables import read_table
from distilbeto.figures.text import Words

MARKERS = "os^D"
COLUMNS = ("protocol", "model", "metric", "value", "source")


class Point(NamedTuple):
    """A model's average in percent, its parameters in millions, its seconds; whether the average was measured here."""

    model: str
    average: float
    parameters: float
    seconds: float
    measured: bool


def read_points(averages: Path, latencies: Path) -> list[Point]:
    """The models of table_5_4.csv, under the official metrics, that table_5_5.csv has too.

    Raises:
        UserError: a file is not such a table, or no model stands in both.
    """
    costs: dict[str, dict[str, float]] = {}
    for row in read_table(latencies, COLUMNS):
        costs.setdefault(row["model"], {})[row["metric"]] = float(row["value"])
    points = [
        Point(
            row["model"],
            float(row["value"]),
            costs[row["model"]]["parameters"],
            costs[row["model"]]["seconds"],
            row["source"] == "measured",
        )
        for row in read_table(averages, COLUMNS)
        if row["protocol"] == "official" and row["model"] in costs
    ]
    if not points:
        raise UserError("no model has both an average and a time", where=averages)
    return points


def draw_tradeoff(points: Sequence[Point], names: Mapping[str, str], sentences: int, words: Words, note: str) -> Figure:
    """Two panels with one vertical axis; a color and, beyond eight models, a form of its own for each."""
    figure = Figure(figsize=(7.2, 4.0), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    size, time = figure.subplots(1, 2, sharey=True)
    _draw(size, points, [point.parameters for point in points])
    _draw(time, points, [point.seconds for point in points])
    size.set_xlabel(words.parameters)
    time.set_xlabel(words.seconds.format(count=sentences))
    size.set_ylabel(words.average)
    for axes in (size, time):
        write_numbers(axes, words)
        axes.xaxis.set_minor_formatter(NullFormatter())
    for line, point in zip(size.get_lines(), points, strict=True):
        line.set_label(names.get(point.model, point.model))
    figure.legend(handles=size.get_lines(), loc="outside upper left", ncols=4, fontsize=8)
    published = "" if all(point.measured for point in points) else words.published
    write_below(figure, [published, note])
    return figure


def _draw(axes: Axes, points: Sequence[Point], costs: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.margins(0.1)
    for index, (point, cost) in enumerate(zip(points, costs, strict=True)):
        form, color = MARKERS[index // len(COLORS) % len(MARKERS)], COLORS[index % len(COLORS)]
        style = "full" if point.measured else "none"
        axes.plot([cost], [point.average], form, color=color, fillstyle=style, markersize=7, linestyle="")
