"""The curves of one training, or of several beside each other."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from distilbeto.errors import UserError
from distilbeto.reports.figures.history import Curve, History, end_curve, loss_names, smoothed, step_curve
from distilbeto.reports.figures.style import COLORS, QUIET, write_below, write_numbers
from distilbeto.reports.figures.text import Words

SMOOTHED_SHARE = 0.02
FALL_SHARE = 0.05

Histories = Mapping[str, History]


class Panel(NamedTuple):
    """The curve that stands under `keys` in the metrics of steps or of segment ends, times `factor`."""

    title: str
    curve: Callable[..., Curve]
    keys: tuple[str, str] | tuple[str]
    factor: float = 1.0
    from_zero: bool = False


def draw_training(histories: Histories, words: Words, note: str = "") -> Figure:
    """Each loss, the held-out loss and accuracy, and the speed over the steps of each {name: history}.

    Raises:
        UserError: there are more histories than colors.
    """
    if len(histories) > len(COLORS):
        raise UserError(f"{len(histories)} trainings, expected at most {len(COLORS)} in a figure")
    panels = [panel for panel in panels_of(histories, words) if _is_known(panel, histories)]
    columns = 2 if len(panels) <= 4 else 3
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.3 * columns, 2.2 * rows + 0.3), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    places = list(figure.subplots(rows, columns, squeeze=False).flat)
    for panel, axes in zip(panels, places, strict=False):
        _draw_panel(axes, panel, histories, words)
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    for axes in places[max(0, len(panels) - columns) : len(panels)]:
        axes.set_xlabel(words.step)
    if len(histories) > 1:
        handles = [Line2D([], [], color=color, label=name) for name, color in zip(histories, COLORS, strict=False)]
        figure.legend(handles=handles, loc="outside upper left", ncols=4)
    write_below(figure, [note])
    return figure


def panels_of(histories: Histories, words: Words) -> list[Panel]:
    """A panel for each loss of any of the trainings, then those that every training has."""
    names = dict.fromkeys(name for history in histories.values() for name in loss_names(history))
    return [
        *(Panel(words.losses.get(name, name), step_curve, ("losses", name)) for name in names),
        Panel(words.held_out_loss, end_curve, ("validation", "masked_lm")),
        Panel(words.held_out_accuracy, end_curve, ("validation", "accuracy"), 100.0),
        Panel(words.speed, step_curve, ("tokens_per_second",), from_zero=True),
    ]


def _is_known(panel: Panel, histories: Histories) -> bool:
    return any(_curve(panel, history).steps.size for history in histories.values())


def _curve(panel: Panel, history: History) -> Curve:
    curve = panel.curve(history, *panel.keys)
    return curve._replace(values=panel.factor * curve.values)


def _draw_panel(axes: Axes, panel: Panel, histories: Histories, words: Words) -> None:
    curves = [_curve(panel, history) for history in histories.values()]
    draw = _draw_ends if panel.curve is end_curve else _draw_steps
    for curve, color in zip(curves, COLORS, strict=False):
        if curve.steps.size:  # an empty line would take room of its own
            draw(axes, curve, color)
    for value, color in _teachers(panel, histories).items():
        axes.axhline(value, color=color, linewidth=1.0, linestyle=(0, (4, 2)))
        _name(axes, value, words.teacher, color)
        axes.margins(y=0.15)  # room for the name, below the panel's title
    if panel.curve is step_curve:
        axes.set_ylim(*((0, None) if panel.from_zero else _range(curves)))
    axes.set_title(panel.title, loc="left")
    axes.set_xlim(0, max(history.steps[-1]["step"] for history in histories.values()))
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    write_numbers(axes, words)


def _draw_ends(axes: Axes, curve: Curve, color: str) -> None:
    axes.plot(*curve, color=color, linewidth=1.4, marker="o", markersize=3, clip_on=False)


def _draw_steps(axes: Axes, curve: Curve, color: str) -> None:
    """The values of all steps, faint, and their moving mean."""
    axes.plot(*curve, color=color, linewidth=0.5, alpha=0.25, rasterized=True)
    axes.plot(curve.steps, smoothed(curve.values, int(curve.values.size * SMOOTHED_SHARE)), color=color, linewidth=1.4)


def _name(axes: Axes, value: float, name: str, color: str) -> None:
    """A word above the left end of the line at `value`, before the first segment ends."""
    place = axes.get_yaxis_transform()
    axes.annotate(name, (0.01, value), xycoords=place, color=color, fontsize=8, va="bottom")


def _range(curves: list[Curve]) -> tuple[float, float]:
    """The range of values without the fall of the first steps, beside which all that follows would look flat."""
    later = np.concatenate([curve.values[int(curve.values.size * FALL_SHARE) :] for curve in curves])
    margin = 0.05 * float(np.ptp(later)) or 1.0
    return float(later.min()) - margin, float(later.max()) + margin


def _teachers(panel: Panel, histories: Histories) -> dict[float, str]:
    """The values that teachers reach, each with the color of its line: quiet where all trainings have the same."""
    if panel.curve is not end_curve:
        return {}
    values = {}
    for history, color in zip(histories.values(), COLORS, strict=False):
        for value in end_curve(history, "teacher_validation", panel.keys[-1]).values[-1:]:
            values[panel.factor * float(value)] = color
    return values if len(values) > 1 else dict.fromkeys(values, QUIET)
