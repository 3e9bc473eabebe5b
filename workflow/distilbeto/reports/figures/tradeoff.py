"""What a score costs: the average of each model against its parameters and against its time on the CPU."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from distilbeto.errors import UserError
from distilbeto.reports.figures.style import COLORS, write_below, write_numbers
from distilbeto.reports.figures.tables import read_table
from distilbeto.reports.figures.text import Words
from distilbeto.reports.tables.scores import averages

MARKERS = "os^D"
NEAR = 5.0  # costs in such a range have few of 1, 2, 5, 10 ... between them
COLUMNS = ("protocol", "model", "task", "test", "metric", "value", "source")


class Point(NamedTuple):
    """A model's average in percent, its parameters in millions, its seconds; whether the average was measured here."""

    model: str
    average: float
    parameters: float
    seconds: float
    measured: bool


class Tradeoff(NamedTuple):
    """The models of which there are scores and a time; `tests` of `of` tests are in their averages."""

    points: list[Point]
    tests: int
    of: int


def read_tradeoff(scores: Sequence[Path], latencies: Path, *, measured_only: bool = False) -> Tradeoff:
    """Averages of the official metrics of tables 5.2 and 5.3, over the tests that every measured model of 5.5 has.

    Where no cell is missing they are those of Table 5.4. Published models stand beside if they have these tests too,
    but where `measured_only`.

    Raises:
        UserError: a file is not such a table, or there is no such test.
    """
    costs = read_table(latencies, COLUMNS).pivot_table("value", "model", "metric")
    tables = pd.concat([read_table(path, COLUMNS) for path in scores])
    rows = tables[tables.protocol == "official"].assign(cell=lambda rows: rows.task + "/" + rows.test)
    models, cells = rows.model[rows.model.isin(costs.index)].unique(), rows.cell.unique()
    measured = set(rows.model[rows.source == "measured"]) & set(models)
    of_model = rows.groupby("model").cell.agg(set)
    shared = [cell for cell in cells if all(cell in of_model[model] for model in measured)]
    means = averages(rows[rows.cell.isin(shared)], ["model"])
    points = [
        Point(model, means[model], costs.parameters[model], costs.seconds[model], model in measured)
        for model in models
        if shared and of_model[model].issuperset(shared) and (model in measured or not measured_only)
    ]
    if not points:
        raise UserError("no test that every timed model was scored on", where=latencies, remedy="Score them on one.")
    return Tradeoff(points, len(shared), len(cells))


def draw_tradeoff(tradeoff: Tradeoff, names: Mapping[str, str], sentences: int, words: Words, note: str) -> Figure:
    """Two panels with one vertical axis; a color and, beyond eight models, a form of its own for each."""
    points, tests, of = tradeoff
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
    partial = "" if tests == of else words.partial.format(tests=tests, of=of)
    write_below(figure, [partial, published, note])
    return figure


def _draw(axes: Axes, points: Sequence[Point], costs: Sequence[float]) -> None:
    axes.set_xscale("log")
    near = max(costs) < NEAR * min(costs)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]) if near else LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.margins(0.1)
    for index, (point, cost) in enumerate(zip(points, costs, strict=True)):
        form, color = MARKERS[index // len(COLORS) % len(MARKERS)], COLORS[index % len(COLORS)]
        style = "full" if point.measured else "none"
        axes.plot([cost], [point.average], form, color=color, fillstyle=style, markersize=7, linestyle="")
