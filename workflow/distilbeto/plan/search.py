"""What the configured search tries, and what it costs."""

from distilbeto.finetuning.settings import Hyperparameters
from distilbeto.plan.config import Config
from distilbeto.plan.runs import hyperparameters_of, scored_cells, seeds_of
from distilbeto.search.points import Point, points_of, space_of
from distilbeto.search.settings import Criterion, Grid


def grid_of(config: Config) -> Grid | None:
    """The grid that is searched; None where the rows of Annex A are taken."""
    return config.finetuning.grids.get(config.finetuning.search)


def runs_to_search(config: Config) -> list[tuple[str, str]]:
    """The (model, task) pairs behind the tables; none where nothing is searched."""
    cells = scored_cells(config) if grid_of(config) else []
    return list(dict.fromkeys((model, task) for model, task, _ in cells))


def points_of_run(config: Config, model: str, task: str) -> dict[str, Point]:
    """The points to try for a model and a task, by name; none where nothing is searched."""
    grid = grid_of(config)
    space = None if grid is None else space_of(grid, model, task)
    return {} if space is None else {point.name: point for point in points_of(space)}


def most_epochs(config: Config, model: str, task: str) -> int:
    """The epochs of the longest fine-tuning that the search may choose; without one, those of Annex A."""
    chosen_from = points_of_run(config, model, task).values()
    return max((point.epochs for point in chosen_from), default=hyperparameters_of(config, task, model).epochs)


def hyperparameters_at(config: Config, model: str, task: str, point: Point) -> Hyperparameters:
    """A point as a row: lengths, which no grid varies, are those of the annex, so that features are shared.

    The whole effective batch is one forward pass; where memory is short, the fine-tuning splits it.
    """
    max_length = hyperparameters_of(config, task, model).max_length
    return Hyperparameters(max_length=max_length, **point._asdict())


def criterion_of(config: Config, task: str) -> Criterion | None:
    """What chooses among the points of a task; None where nothing is searched."""
    grid = grid_of(config)
    return None if grid is None else grid.selection.criterion(config.tasks[task].kind)


def cost(config: Config) -> str:
    """One line that says how many fine-tunings the search asks for, such as

    `search lrec2022: 36 points x 56 runs = 2,016 fine-tunings, then 56 with the winners`.
    """
    counts = [len(points_of_run(config, model, task)) for model, task in runs_to_search(config)]
    fewest, most = min(counts, default=0), max(counts, default=0)
    points = f"{most}" if fewest == most else f"{fewest} to {most}"
    searched = f"{points} points x {len(counts)} runs = {sum(counts):,} fine-tunings"
    last = len(counts) * len(seeds_of(config))
    return f"search {config.finetuning.search}: {searched}, then {last:,} with the winners"
