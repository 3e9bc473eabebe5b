"""Whether a run ended at one and the same prediction: the majority class, O for every word, no answer at all."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Literal

from pydantic import Field

from distilbeto.settings import Block

Collapse = Literal["constant", "below_floor"]
SPREAD = 0.01  # of that of the gold numbers: below it, a regression says the same of every example


class CollapseSettings(Block):
    """What is taken for a collapse beside constant predictions."""

    floor: float | None = Field(
        None, ge=0, le=100, description="In percent: a run whose development metric is lower has collapsed; null: none."
    )


def is_constant(predicted: Iterable[Hashable], gold: Iterable[Hashable]) -> bool:
    """Whether all predictions are equal although the gold values are not: classes, tags, answers, sets of labels."""
    return len(set(predicted)) == 1 and len(set(gold)) > 1


def is_flat(predicted: Sequence[float], gold: Sequence[float]) -> bool:
    """The same of numbers, which are never quite equal: they span less than a hundredth of what gold spans."""
    return max(predicted) - min(predicted) < SPREAD * (max(gold) - min(gold))


def collapse_of(score: float | None, settings: CollapseSettings, *, constant: bool) -> Collapse | None:
    """How a run collapsed, from the kept epoch's predictions and its score in percent (None: the run diverged)."""
    if constant:
        return "constant"
    return "below_floor" if settings.floor is not None and score is not None and score < settings.floor else None
