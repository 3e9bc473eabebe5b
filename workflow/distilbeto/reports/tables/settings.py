"""Settings of the tables."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from distilbeto.glues.settings import ClassMetric, Kind
from distilbeto.settings import Block


class Column(Block):
    """A column of Table 5.2 or 5.3: the model fine-tuned for `task`, scored on `test`."""

    task: str
    test: str
    heading: str
    average: bool = Field(True, description="Whether it counts in the averages, of Table 5.4 and what follows from it.")


class Texts(Block):
    """What a table says, in place of its words in the language of the tables. {subject} is a model, task or paper."""

    caption: str | None = None
    note: str | None = Field(None, description="Of a table with one note under every protocol.")
    thesis: str | None = Field(None, description="The note of a table of scores, as the thesis scored.")
    official: str | None = Field(None, description="The note of a table of scores under the official metrics.")

    @field_validator("caption")
    @classmethod
    def _fills(cls, text: str | None) -> str | None:
        try:
            (text or "").format(subject="")
        except (KeyError, IndexError, ValueError):
            raise ValueError(f"of braces only {{subject}} has a meaning: {text!r}") from None
        return text


Protocol = Literal["thesis", "official"]
TablesOfScores = Literal["5.2", "5.2.intervals", "5.3", "5.3.intervals", "5.4", "differences", "retention"]
OtherTables = Literal["5.1", "5.5", "runtimes", "runs", "hyperparameters"]


class TablesSettings(Block):
    language: Literal["es", "en"] = "es"
    note: str = Field("", description="Added to every caption, such as the word miniature.")
    protocols: Annotated[list[Protocol], Field(min_length=1)] = Field(
        ["thesis", "official"], description="How scores are counted in Tables 5.2-5.4: as in the thesis, officially."
    )
    references: list[Literal["literature", "lrec2022", "speedy_gonzales", "evales"]] = Field(
        ["literature"],
        description="Published rows in Tables 5.2-5.4: those of the thesis (literature), or of one publication.",
    )
    comparisons: list[Literal["thesis", "lrec2022", "speedy_gonzales", "evales"]] = Field(
        ["thesis", "lrec2022"], description="Publications of models that are measured too: Tables C.1, C.2 and on."
    )
    published: Literal["compared", "apart"] = Field(
        "compared",
        description="apart: what was published is of other data, stands below the rest and is compared with nothing.",
    )
    texts: dict[TablesOfScores | OtherTables, Texts] = Field(
        {}, description="Captions and notes that differ, by table."
    )
    classification: list[Column] = Field(description="The columns of Table 5.2.")
    question_answering: list[Column] = Field(description="The columns of Table 5.3.")

    @property
    def compared_with(self) -> list[str]:
        """The publications that this run is held against."""
        return [] if self.published == "apart" else list(self.comparisons)

    @field_validator("references")
    @classmethod
    def _of_one_protocol(cls, references: list[str]) -> list[str]:
        if len(references) > 1:
            raise ValueError(
                f"{', '.join(references)}: each was measured in its own way; their rows stand in no table together:"
                " name one, or [] for none"
            )
        return references


class ModelRow(Block):
    """What the tables know of a model."""

    key: str
    name: str = Field(description="LaTeX.")
    latency_name: str | None = None
    measure: bool
    latency: bool
    teacher: str | None = Field(None, description="The model that it was distilled from.")

    @property
    def short_name(self) -> str:
        """In Tables 5.1 and 5.5 and in Annex A."""
        return self.latency_name or self.name


class TaskName(Block):
    task: str
    name: str


class AssemblySettings(Block):
    """All that the tables depend on but the results themselves."""

    tables: TablesSettings
    models: list[ModelRow] = Field(description="In the order of the rows.")
    seeds: list[int]
    grid: str = Field("", description="Where hyperparameters were searched; empty for the rows of Annex A.")
    bootstrap: bool = Field(False, description="Whether the data sets of each seed are bootstrap samples.")
    kinds: dict[str, Kind] = Field(description="Of each task.")
    span_tasks: list[str] = Field([], description="Those whose tags mark spans.")
    class_metrics: dict[str, ClassMetric] = Field({}, description="Of the tasks whose metric is not accuracy.")
    unanswerable_tasks: list[str] = Field([], description="Those of SQuAD v2: some questions have no answer.")
    answer_metrics: dict[str, Literal["squad", "mlqa_es"]] = Field(
        description="The official metric of each QA test set."
    )
    timed_task: str = Field("", description="The task whose test set is timed; empty for none.")
    timed_test: str = Field("", description="That test set.")
    annex: list[TaskName] = Field(description="The tasks that are trained, in the order of Annex A.")
    missing: dict[str, str] = Field(
        description="Why a model, a run or a cell cannot be had: {model, model/task or model/task/test: reason}."
    )

    accepted: list[str] = Field([], description="The stages whose results of earlier code were accepted.")

    @property
    def columns(self) -> list[Column]:
        """Of Table 5.2, then of Table 5.3."""
        return [*self.tables.classification, *self.tables.question_answering]

    @property
    def averaged(self) -> list[Column]:
        """The columns that averages are taken of."""
        return [column for column in self.columns if column.average]

    @property
    def measured(self) -> list[ModelRow]:
        return [model for model in self.models if model.measure]


def csv_names(trainings: int) -> dict[str, str]:
    """The CSV file of each table by its number, with `trainings` training sets: table_5_1 to annex/table_a_8.

    Those of the annex, as many as the configuration has tasks, lie in a folder of their own.
    """
    names = {f"5.{number}": f"table_5_{number}" for number in range(1, 6)} | {"C.1": "kept"}
    return names | {f"A.{number}": f"annex/table_a_{number}" for number in range(1, trainings + 2)}
