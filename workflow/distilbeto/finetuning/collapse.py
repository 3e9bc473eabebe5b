"""Whether a run ended at one and the same prediction: the majority class, O for every word, no answer at all."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Literal

from pydantic import Field

from distilbeto.settings import Block

Collapse = Literal["constant", "below_floor"]
SEED_STEP = 1000  # no other seed of a usual list
SPREAD = 0.01  # of that of the gold numbers: below it, a regression says the same of every example


class CollapseSettings(Block):
    """What is taken for a collapse beside constant predictions, and what follows from one."""

    floor: float | None = Field(
        None, ge=0, le=100, description="In percent: a run whose development metric is lower has collapsed; null: none."
    )
    retry: Literal["none", "seed", "learning_rate"] = Field(
        "none", description="A run that collapsed is trained again: with another seed, or with half the learning rate."
    )
    retries: int = Field(1, gt=0, description="How often at most.")

    @property
    def attempts(self) -> int:
        """Trainings of a run, at most."""
        return 1 if self.retry == "none" else 1 + self.retries


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


def attempt_of(seed: int, learning_rate: float, settings: CollapseSettings, collapsed: int) -> tuple[int, float]:
    """Seed and learning rate of the attempt that follows so many that collapsed; those of the run for the first."""
    if settings.retry == "seed":
        return seed + SEED_STEP * collapsed, learning_rate
    return seed, learning_rate / 2**collapsed
