"""What no single block can check of the search: that names exist, and that every run has a space."""

from collections.abc import Iterator

from distilbeto.plan.config import ANNEX, Config
from distilbeto.plan.runs import models_of, tasks_of
from distilbeto.search.points import space_of


def problems_of_search(config: Config) -> Iterator[str]:
    """One line for each thing in `finetuning.search` and `finetuning.grids` that does not fit the rest."""
    search, grids = config.finetuning.search, config.finetuning.grids
    if ANNEX in grids:
        yield f"finetuning.grids.{ANNEX}: the name stands for the rows of Annex A; choose another"
    if search != ANNEX and search not in grids:
        yield f"finetuning.search: there is no grid {search!r}; known: {', '.join([ANNEX, *grids])}"
    for name in grids:
        yield from _unknown_names(config, name)
        yield from _idle_spaces(config, name)
    if search in grids:
        yield from _runs_without_space(config)


def _unknown_names(config: Config, name: str) -> Iterator[str]:
    for number, space in enumerate(config.finetuning.grids[name].spaces):
        for what, names, known in (("model", space.models, config.models), ("task", space.tasks, config.tasks)):
            for each in names or ():
                if each not in known:
                    where = f"finetuning.grids.{name}.spaces.{number}"
                    yield f"{where}: there is no {what} {each!r}; known: {', '.join(known)}"


def _idle_spaces(config: Config, name: str) -> Iterator[str]:
    """A space behind others that take all of its runs is a mistake in their order."""
    grid = config.finetuning.grids[name]
    taken = {id(space_of(grid, model, task)) for model in config.models for task in config.tasks}
    for number, space in enumerate(grid.spaces):
        if number and id(space) not in taken:
            yield f"finetuning.grids.{name}.spaces.{number}: no run takes it; the first space that fits is taken"


def _runs_without_space(config: Config) -> Iterator[str]:
    search = config.finetuning.search
    for model, settings in models_of(config).items():
        for task in tasks_of(config) if settings.measure else ():
            if space_of(config.finetuning.grids[search], model, task) is None:
                yield f"finetuning.grids.{search}: no space for task {task!r} and model {model!r}"
