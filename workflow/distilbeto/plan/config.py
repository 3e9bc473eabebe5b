"""The whole of config.yaml as classes."""

from pydantic import Field

from distilbeto.corpus.settings import CorpusSettings
from distilbeto.distillation.settings import StudentSettings
from distilbeto.finetuning.settings import Hyperparameters, Optimization, QuestionAnswering
from distilbeto.glues.settings import DatasetSettings, TaskSettings
from distilbeto.latency.settings import LatencySettings
from distilbeto.miniature.settings import MiniatureSettings
from distilbeto.models.settings import ModelSettings
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
    search: str = Field(ANNEX, description="annex: the rows, without a search; or the name of a grid.")
    grids: dict[str, Grid] = Field({}, description="What a search tries.")
    rows: list[Row] = Field(description="Annex A. A search takes only max_length from them.")


class Config(Block):
    results: str = Field("results", description="Folder of everything that is made.")
    offline: bool = Field(False, description="Refuse to use the network.")
    seeds: list[int] = Field([42], min_length=1, description="One fine-tuning of each model and task for each seed.")
    sources: dict[str, SourceSettings]
    miniature: MiniatureSettings | None = Field(None, description="Data that the project generates itself.")
    tokenizers: dict[str, TokenizerSettings]
    corpora: dict[str, CorpusSettings]
    models: dict[str, ModelSettings]
    students: dict[str, StudentSettings]
    datasets: dict[str, DatasetSettings]
    tasks: dict[str, TaskSettings]
    finetuning: Finetuning
    latency: LatencySettings
    tables: TablesSettings
    energy: EnergySettings = EnergySettings()
