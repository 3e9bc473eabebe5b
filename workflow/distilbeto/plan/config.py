"""The whole of config.yaml as classes."""

from pydantic import Field

from distilbeto.corpus.settings import CorpusSettings
from distilbeto.distillation.settings import StudentSettings
from distilbeto.finetuning.collapse import CollapseSettings
from distilbeto.finetuning.settings import Hyperparameters, Optimization, QuestionAnswering
from distilbeto.glues.settings import DatasetSettings, TaskSettings
from distilbeto.latency.settings import LatencySettings
from distilbeto.miniature.settings import MiniatureSettings
from distilbeto.models.settings import ModelSettings
from distilbeto.plan.names import Folder, Name
from distilbeto.reports.energy.settings import EnergySettings
from distilbeto.reports.tables.settings import TablesSettings
from distilbeto.search.settings import Grid
from distilbeto.settings import Block
from distilbeto.sources.settings import SourceSettings
from distilbeto.tokenizer.settings import TokenizerSettings

ANNEX = "annex"  # the value of finetuning.search that stands for the rows of Annex A


class Row(Hyperparameters):
    """A row of Tables A.1-A.7, or the row of a task for all models that have none of their own."""

    task: str
    model: str = Field(description="Name of a model, or default.")


class Finetuning(Block):
    optimization: Optimization = Optimization()
    question_answering: QuestionAnswering = QuestionAnswering()
    bootstrap: bool = Field(
        False, description="For each seed the training, development and test sets are drawn anew, with replacement."
    )
    collapse: CollapseSettings = CollapseSettings()
    search: str = Field(ANNEX, description="annex: the rows, without a search; or the name of a grid.")
    grids: dict[Name, Grid] = Field({}, description="What a search tries.")
    rows: list[Row] = Field(description="Annex A. A search takes only max_length from them.")


class Only(Block):
    """A run of a part: what it names is planned and tabulated, and checked; null is all."""

    models: list[str] | None = Field(None, min_length=1, description="The rows of the tables.")
    tasks: list[str] | None = Field(None, min_length=1, description="Those of the columns.")
    seeds: list[int] | None = Field(None, min_length=1, description="Some of `seeds`.")


class Config(Block):
    results: Folder = Field("results", description="Folder of everything that is made.")
    offline: bool = Field(False, description="Refuse to use the network.")
    seeds: list[int] = Field([42], min_length=1, description="One fine-tuning of each model and task for each seed.")
    only: Only = Field(Only(), description="A part of all models, tasks and seeds.")
    sources: dict[Name, SourceSettings]
    miniature: MiniatureSettings | None = Field(None, description="Data that the project generates itself.")
    tokenizers: dict[Name, TokenizerSettings]
    corpora: dict[Name, CorpusSettings]
    models: dict[Name, ModelSettings]
    students: dict[Name, StudentSettings]
    datasets: dict[Name, DatasetSettings]
    tasks: dict[Name, TaskSettings]
    finetuning: Finetuning
    latency: LatencySettings
    tables: TablesSettings
    energy: EnergySettings = EnergySettings()
