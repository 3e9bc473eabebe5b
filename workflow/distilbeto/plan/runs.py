"""What follows from the configuration: which runs there are, with which hyperparameters, and what is missing.

`only` leaves out models, tasks and seeds here, and nowhere else: what they are stays known.
"""

from distilbeto.finetuning.settings import Hyperparameters
from distilbeto.models.settings import ModelSettings
from distilbeto.plan.config import Config, Row
from distilbeto.reports.tables.settings import Column, TablesSettings

ONLY = {
    "es": {"models": "modelos", "tasks": "tareas", "seeds": "semillas", "only": "solo"},
    "en": {"models": "models", "tasks": "tasks", "seeds": "seeds", "only": "only"},
}


def models_of(config: Config) -> dict[str, ModelSettings]:
    """The models of this run, in the order of the configuration."""
    only = config.only.models
    return {key: model for key, model in config.models.items() if only is None or key in only}


def tasks_of(config: Config) -> list[str]:
    """The tasks of this run, in the order of the configuration."""
    only = config.only.tasks
    return [task for task in config.tasks if only is None or task in only]


def seeds_of(config: Config) -> list[int]:
    """The seeds of this run. A search and the export to ONNX stay with the first of all seeds."""
    only = config.only.seeds
    return [seed for seed in config.seeds if only is None or seed in only]


def tables_of(config: Config) -> TablesSettings:
    """The columns of this run; in each caption, that it is a part."""
    tables, tasks, words = config.tables, tasks_of(config), ONLY[config.tables.language]
    parts = [f"{words[field]} {', '.join(map(str, names))}" for field, names in config.only if names is not None]
    part = f"{words['only']} {'; '.join(parts)}" if parts else ""
    return tables.model_copy(
        update={
            "classification": [column for column in tables.classification if column.task in tasks],
            "question_answering": [column for column in tables.question_answering if column.task in tasks],
            "note": "; ".join(filter(None, [tables.note, part])),
        }
    )


def columns_of(config: Config) -> list[Column]:
    """The columns of this run, of Table 5.2, then of Table 5.3."""
    tables = tables_of(config)
    return [*tables.classification, *tables.question_answering]


def timed_task(config: Config) -> str | None:
    """The task whose test set is timed; None where it is no task's."""
    return next((name for name, task in config.tasks.items() if config.latency.dataset in task.tests), None)


def is_timed(config: Config, model: str) -> bool:
    """Whether this run times a model: not where `only` leaves out the task whose test set is timed."""
    task = timed_task(config)
    return models_of(config)[model].latency and (task is None or task in tasks_of(config))


def row_of(config: Config, task: str, model: str) -> Row | None:
    """The row of Annex A for a model and task, or the task's default row; None where there is neither."""
    rows = {row.model: row for row in config.finetuning.rows if row.task == task}
    return rows.get(model) or rows.get("default")


def hyperparameters_of(config: Config, task: str, model: str) -> Hyperparameters:
    """Those of the row of a model and task, which `checks` has found to be there."""
    row = row_of(config, task, model)
    assert row is not None
    return Hyperparameters(**row.model_dump(exclude={"task", "model"}))


def missing_reason(
    config: Config, *, model: str | None = None, task: str | None = None, test: str | None = None
) -> str | None:
    """Why a run or a score cannot be had: the reason of the first source that is missing; None if all are there."""
    datasets = [] if task is None else [config.tasks[task].train, config.tasks[task].dev]
    datasets += [] if test is None else [test]
    sources = [config.datasets[name].source for name in datasets]
    sources += _model_sources(config, model) if model is not None else []
    reasons = (config.sources[name].missing for name in sources)
    return next((reason for reason in reasons if reason), None)


def _model_sources(config: Config, model: str) -> list[str]:
    """The sources that a model rests on: its own, its tokenizer's; if trained here, its corpus's and its teacher's."""
    settings = config.models[model]
    sources = [config.tokenizers[settings.tokenizer].source]
    if settings.source is not None:
        sources.append(settings.source)
    if settings.student is not None:
        student = config.students[settings.student]
        sources.append(config.corpora[student.corpus].source)
        if student.teacher is not None:
            sources += _model_sources(config, student.teacher)
    return sources


def sample_of(config: Config, dataset: str, seed: int | str) -> str:
    """The data set that runs of a seed read: itself, or with `bootstrap` its sample. No name has a ~ of its own."""
    return f"{dataset}~{seed}" if config.finetuning.bootstrap else dataset


def scored_cells(config: Config) -> list[tuple[str, str, str]]:
    """The (model, task, test) of every cell of Tables 5.2 and 5.3 that is measured: 64 in the thesis."""
    return [
        (model, column.task, column.test)
        for model, settings in models_of(config).items()
        if settings.measure
        for column in columns_of(config)
        if missing_reason(config, model=model, task=column.task, test=column.test) is None
    ]


def finetuning_runs(config: Config) -> list[tuple[str, str]]:
    """The (model, task) pairs that are fine-tuned: 56 in the thesis."""
    return [
        (model, task)
        for model, settings in models_of(config).items()
        if settings.measure
        for task in tasks_of(config)
        if missing_reason(config, model=model, task=task) is None
    ]
