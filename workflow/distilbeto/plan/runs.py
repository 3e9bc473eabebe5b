"""What follows from the configuration: which runs there are, with which hyperparameters, and what is missing."""

from distilbeto.finetuning.settings import Hyperparameters
from distilbeto.plan.config import Config


def hyperparameters_of(config: Config, task: str, model: str) -> Hyperparameters:
    """The row of Annex A for a model and task, or the task's default row."""
    rows = {row.model: row for row in config.finetuning.rows if row.task == task}
    row = rows.get(model) or rows["default"]
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


def scored_cells(config: Config) -> list[tuple[str, str, str]]:
    """The (model, task, test) of every cell of Tables 5.2 and 5.3 that is measured: 64 in the thesis."""
    return [
        (model, column.task, column.test)
        for model, settings in config.models.items()
        if settings.measure
        for column in (*config.tables.classification, *config.tables.question_answering)
        if missing_reason(config, model=model, task=column.task, test=column.test) is None
    ]


def finetuning_runs(config: Config) -> list[tuple[str, str]]:
    """The (model, task) pairs that are fine-tuned: 56 in the thesis."""
    return [
        (model, task)
        for model, settings in config.models.items()
        if settings.measure
        for task in config.tasks
        if missing_reason(config, model=model, task=task) is None
    ]
