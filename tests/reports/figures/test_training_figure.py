"""The curves of trainings: which are drawn, of which values."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.reports.figures.history import History, read_history
from distilbeto.reports.figures.style import COLORS, styled, write_figure
from distilbeto.reports.figures.text import words_of
from distilbeto.reports.figures.training import draw_training

SCRIPT = Path(__file__).parents[3] / "scripts" / "plot_training.py"
ALL_LOSSES = ("distillation", "masked_lm", "cosine")
VALIDATION = {"loss": 9.0, "masked_lm": 3.0, "accuracy": 0.25}
ENGLISH = words_of("en")
TEACHER = {"loss": 2.0, "masked_lm": 2.0, "accuracy": 0.5}

Metrics = Callable[..., Path]


@pytest.fixture
def distilled(metrics: Metrics) -> History:
    return read_history([metrics(range(1, 9), ALL_LOSSES, validation=VALIDATION, teacher_validation=TEACHER)])


@pytest.fixture
def plain(metrics: Metrics) -> History:
    return read_history([metrics(range(1, 13), name="plain", validation=VALIDATION)])


def titles(figure: object) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]


def test_a_student_has_a_panel_for_each_loss_and_its_teacher_s_lines(distilled: History) -> None:
    figure = draw_training({"student": distilled}, ENGLISH)
    assert titles(figure) == [
        *(ENGLISH.losses[name] for name in ALL_LOSSES),
        ENGLISH.held_out_loss,
        ENGLISH.held_out_accuracy,
        ENGLISH.speed,
    ]
    *_, loss, accuracy, speed = figure.axes
    assert [line.get_ydata() for line in loss.get_lines()] == [[3.0], [2.0, 2.0]]
    assert [line.get_ydata() for line in accuracy.get_lines()] == [[25.0], [50.0, 50.0]]
    assert list(speed.get_lines()[0].get_ydata()) == [200.0] * 8
    assert [text.get_text() for text in loss.texts] == ["teacher"]


def test_what_a_training_lacks_is_not_drawn(metrics: Metrics) -> None:
    figure = draw_training({"student": read_history([metrics(range(1, 5))])}, ENGLISH)
    assert titles(figure) == [ENGLISH.losses["masked_lm"], ENGLISH.speed]


def test_students_are_told_apart_in_one_figure(distilled: History, plain: History) -> None:
    figure = draw_training({"with teacher": distilled, "alone": plain}, ENGLISH)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["with teacher", "alone"]
    masked_lm = figure.axes[1].get_lines()
    assert {line.get_color() for line in masked_lm} == set(COLORS[:2])
    assert [axes.get_xlim() for axes in figure.axes] == [(0, 12)] * 6


def test_the_panels_fill_the_figure_where_only_one_student_has_a_value(metrics: Metrics, plain: History) -> None:
    young = read_history([metrics(range(1, 5), ALL_LOSSES)])
    figure = draw_training({"young": young, "plain": plain}, ENGLISH)
    figure.draw_without_rendering()
    assert min(axes.get_position().width for axes in figure.axes) > 0.2


def test_a_teacher_that_students_share_is_drawn_once(distilled: History) -> None:
    figure = draw_training({"a": distilled, "b": distilled}, ENGLISH)
    assert len(figure.axes[3].texts) == 1


def test_more_trainings_than_colors_are_refused(plain: History) -> None:
    with pytest.raises(UserError, match="9 trainings, expected at most 8"):
        draw_training({str(number): plain for number in range(9)}, ENGLISH)


def test_the_fall_of_the_first_steps_does_not_flatten_the_rest(metrics: Metrics) -> None:
    history = read_history([metrics(range(1, 101))])
    assert draw_training({"student": history}, ENGLISH).axes[0].get_ylim()[1] < 0.5


def test_only_known_formats_are_written(tmp_path: Path, plain: History) -> None:
    with styled(), pytest.raises(UserError, match=r"cannot write a figure as '\.jpg'"):
        write_figure(draw_training({"student": plain}, ENGLISH), [tmp_path / "figure.jpg"])


def test_the_script_compares_students_of_chains_that_go_on(metrics: Metrics, tmp_path: Path) -> None:
    first, second = metrics(range(1, 5), ALL_LOSSES, "a"), metrics(range(1, 9), name="b", validation=VALIDATION)
    output = [tmp_path / "both.pdf", tmp_path / "both.png"]
    arguments = ["--student", "a", first, "--student", "b", second, "--language", "en", "--output", *output]
    done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.read_bytes()[:4] for path in output] == [b"%PDF", b"\x89PNG"]
