"""The points of a grid, and their names in paths."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from distilbeto.search.settings import Grid, Space


class Point(NamedTuple):
    """One combination of hyperparameters. `batch_size` is the effective batch."""

    batch_size: int
    learning_rate: float
    epochs: int
    weight_decay: float | None = None  # that of finetuning.optimization

    @property
    def name(self) -> str:
        """As it stands in paths, such as `batch-32_lr-5e-05_epochs-3`. Two points never share a name."""
        decay = "" if self.weight_decay is None else f"_decay-{self.weight_decay!r}"
        return f"batch-{self.batch_size}_lr-{self.learning_rate!r}_epochs-{self.epochs}{decay}"


def points_of(space: Space) -> list[Point]:
    """All points of a space: the last of its lists varies fastest."""
    decays: Sequence[float | None] = space.weight_decay or [None]
    return [Point(*each) for each in product(space.batch_size, space.learning_rate, space.epochs, decays)]


def space_of(grid: Grid, model: str, task: str) -> Space | None:
    """The first space that names the model and the task; None if there is none."""
    return next((space for space in grid.spaces if space.fits(model, task)), None)
