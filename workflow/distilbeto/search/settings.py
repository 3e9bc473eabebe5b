"""Settings of hyperparameter search: named grids."""

from typing import Annotated, Literal, assert_never

from pydantic import Field, model_validator

from distilbeto.glues.kinds import TaskKind
from distilbeto.settings import Block

Criterion = Literal["lowest_loss", "metric"]
Names = Annotated[list[str], Field(min_length=1)]
Sizes = Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1)]
Rates = Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=1)]
Decays = Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=1)]


class Selection(Block):
    """What of the development set chooses the epoch of a point and the point of a run, for each kind of task."""

    token_classification: Criterion = "lowest_loss"
    sequence_classification: Criterion = "lowest_loss"
    question_answering: Criterion = "metric"
    regression: Criterion = "lowest_loss"
    multi_label_classification: Criterion = "lowest_loss"

    def criterion(self, kind: TaskKind) -> Criterion:
        match kind:
            case TaskKind.TOKEN_CLASSIFICATION:
                return self.token_classification
            case TaskKind.SEQUENCE_CLASSIFICATION:
                return self.sequence_classification
            case TaskKind.QUESTION_ANSWERING:
                return self.question_answering
            case TaskKind.REGRESSION:
                return self.regression
            case TaskKind.MULTI_LABEL_CLASSIFICATION:
                return self.multi_label_classification
            case _:
                assert_never(kind)


class Space(Block):
    """Every combination of its lists, for some models and tasks."""

    models: Names | None = Field(None, description="All, if absent.")
    tasks: Names | None = Field(None, description="All, if absent.")
    batch_size: Sizes = Field(description="Effective batches.")
    learning_rate: Rates = Field(description="Peaks.")
    epochs: Sizes = Field(description="Passes over the training set.")
    weight_decay: Decays | None = Field(None, description="That of finetuning.optimization, if absent.")

    @model_validator(mode="after")
    def _has_no_doubles(self) -> "Space":
        for name, values in (
            ("batch_size", self.batch_size),
            ("learning_rate", self.learning_rate),
            ("epochs", self.epochs),
            ("weight_decay", self.weight_decay or []),
        ):
            if len({*values}) < len(values):
                raise ValueError(f"{name} holds a value twice: {values}")
        return self

    def fits(self, model: str, task: str) -> bool:
        return (self.models is None or model in self.models) and (self.tasks is None or task in self.tasks)


class Grid(Block):
    """Spaces in order: a run takes the first that names its model and its task."""

    selection: Selection = Selection()
    spaces: list[Space] = Field(min_length=1)


class ChoiceSettings(Block):
    """All that a choice depends on but the points themselves."""

    grid: str
    criterion: Criterion
