"""The whole of config.yaml, typed and checked; every error at once, before any job starts."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from distilbeto.config_checks import problems_of
from distilbeto.corpus.settings import CorpusSettings
from distilbeto.distillation.settings import StudentSettings
from distilbeto.errors import UserError
from distilbeto.finetuning.settings import Hyperparameters, Optimization, QuestionAnswering
from distilbeto.footprint.settings import EnergySettings
from distilbeto.glues.settings import DatasetSettings, TaskSettings
from distilbeto.latency.settings import LatencySettings
from distilbeto.miniature.settings import MiniatureSettings
from distilbeto.models.settings import ModelSettings
from distilbeto.search.checks import ANNEX
from distilbeto.search.settings import Grid
from distilbeto.settings import Block
from distilbeto.sources.settings import SourceSettings
from distilbeto.tables.settings import TablesSettings
from distilbeto.tokenizer.settings import TokenizerSettings


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


def load_config(raw: Mapping[str, Any]) -> Config:
    """Validate the mapping that Snakemake read from config.yaml and its overlays.

    Raises:
        UserError: with one line for each thing that is wrong.
    """
    try:
        config = Config.model_validate(dict(raw))
    except ValidationError as error:
        raise _refusal([_describe(entry) for entry in error.errors()]) from None
    problems = list(problems_of(config))
    if problems:
        raise _refusal(problems)
    return config


def _refusal(lines: list[str]) -> UserError:
    return UserError(
        f"{len(lines)} error{'s' * (len(lines) > 1)} in the configuration:\n  " + "\n  ".join(lines),
        remedy="Correct config.yaml or the file given with --configfile."
        " Every field is described in workflow/schemas/config.schema.json.",
    )


def _describe(entry: Any) -> str:
    place = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        return f"{place}: unknown key"
    if entry["type"] == "missing":
        return f"{place}: missing"
    hint = ""
    if entry["type"] in ("float_type", "int_type") and isinstance(entry["input"], str):
        hint = " (YAML reads 1e-4 as text: write 1.0e-4, without quotes)"
    found = "" if entry["type"] == "value_error" else f", found {entry['input']!r}"
    return f"{place}: {entry['msg'].removeprefix('Value error, ')}{found}{hint}"
