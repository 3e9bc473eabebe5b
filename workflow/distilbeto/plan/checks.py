"""What no single block can check: that names, lengths and rows of the configuration fit each other."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from distilbeto.errors import UserError
from distilbeto.glues.kinds import has_windows
from distilbeto.glues.settings import KINDS_OF_COLUMNS
from distilbeto.models.families import max_tokens
from distilbeto.plan.completion import is_location
from distilbeto.plan.config import ANNEX, Config
from distilbeto.plan.names import problem_in_latex, shared_paths
from distilbeto.plan.runs import models_of, row_of, tasks_of
from distilbeto.plan.search_checks import problems_of_search
from distilbeto.plan.student_checks import problems_of_students
from distilbeto.reports.energy.intensity import intensity_of


def problems_of(config: Config) -> Iterator[str]:
    """One line for each thing in the configuration that does not fit another."""
    names = (_unknown_names, _bad_names, _bad_rows, _foreign_columns)
    fits = (_absent_rows, _wide_strides, _long_sequences, _idle_patience, problems_of_students, problems_of_search)
    for check in (*names, *fits, _unknown_country):
        yield from check(config)


def _unknown_names(config: Config) -> Iterator[str]:
    for where, name, known in _references(config):
        if name not in known:
            yield f"{where}: there is no {name!r}; known: {', '.join(known)}"


def _references(config: Config) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every place where one block names another: (where, name, names that exist)."""
    for key, tokenizer in config.tokenizers.items():
        yield f"tokenizers.{key}.source", tokenizer.source, config.sources
    for key, corpus in config.corpora.items():
        yield f"corpora.{key}.source", corpus.source, config.sources
    for key, dataset in config.datasets.items():
        yield f"datasets.{key}.source", dataset.source, config.sources
    for key, model in config.models.items():
        if model.tokenizer:
            yield f"models.{key}.tokenizer", model.tokenizer, config.tokenizers
        if model.source is not None and not is_location(model.source):
            yield f"models.{key}.source", model.source, config.sources
        if model.student is not None:
            yield f"models.{key}.student", model.student, config.students
    for key, student in config.students.items():
        yield f"students.{key}.corpus", student.corpus, config.corpora
        yield f"students.{key}.tokenizer", student.tokenizer, config.tokenizers
        if student.teacher is not None:
            yield f"students.{key}.teacher", student.teacher, config.models
    for key, task in config.tasks.items():
        for name in [task.train, task.dev, *task.tests]:
            yield f"tasks.{key}", name, config.datasets
    yield from _references_of_tables(config)


def _references_of_tables(config: Config) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The same of what is tabulated, run and timed."""
    for column in [*config.tables.classification, *config.tables.question_answering]:
        yield "tables", column.task, config.tasks
        if column.task in config.tasks:
            yield f"tables: tests of {column.task}", column.test, dict.fromkeys(config.tasks[column.task].tests)
    for field, names, known in (
        ("models", config.only.models, config.models),
        ("tasks", config.only.tasks, config.tasks),
        ("seeds", config.only.seeds, config.seeds),
    ):
        for each in names or ():
            yield f"only.{field}", str(each), dict.fromkeys(map(str, known))
    yield "latency.dataset", config.latency.dataset, config.datasets
    for name in config.latency.onnx if config.latency.onnx != "all" else ():
        yield "latency.onnx", name, config.models


def _bad_rows(config: Config) -> Iterator[str]:
    named = [(row.task, row.model) for row in config.finetuning.rows]
    for task, model in named:
        if task not in config.tasks:
            yield f"finetuning.rows: there is no task {task!r}; known: {', '.join(config.tasks)}"
        if model != "default" and model not in config.models:
            yield f"finetuning.rows: there is no model {model!r}; known: default, {', '.join(config.models)}"
    for (task, model), count in Counter(named).items():
        if count > 1:
            yield f"finetuning.rows: more than one row for task {task!r} and model {model!r}"
    columns = [
        (column.task, column.test) for column in [*config.tables.classification, *config.tables.question_answering]
    ]
    for (task, test), count in Counter(columns).items():
        if count > 1:
            yield f"tables: more than one column for task {task!r} and test {test!r}"


def _bad_names(config: Config) -> Iterator[str]:
    for what, first, second in (
        ("datasets and tasks", config.datasets, config.tasks),
        ("corpora and tokenizers", config.corpora, config.tokenizers),
    ):
        for pair, other, path in shared_paths(first, second):
            yield f"{what}: {pair} would share the path {path} with {other}; choose other names"
    if "default" in config.models:
        yield "models.default: in finetuning.rows, default stands for every model without a row; choose another name"
    for key, model in config.models.items():
        for field, name in (("name", model.name), ("latency_name", model.latency_name)):
            problem = problem_in_latex(name or "")
            if problem:
                yield f"models.{key}.{field}: '{name}' is LaTeX, and {problem}"


def _foreign_columns(config: Config) -> Iterator[str]:
    """Data sets whose columns or labels are not those of their task."""
    for key, task in config.tasks.items():
        for name in dict.fromkeys(name for name in [task.train, task.dev, *task.tests] if name in config.datasets):
            dataset = config.datasets[name]
            if dataset.kind not in (None, task.kind):
                parts = ", ".join(sorted(KINDS_OF_COLUMNS[task.kind][0], reverse=True))
                yield f"datasets.{name}.columns: task {key} is one of {task.kind}, whose columns are {parts}"
            foreign = [label for label in dataset.known_labels if label not in task.labels]
            if foreign and dataset.kind in (None, task.kind):
                yield (
                    f"datasets.{name}: the label {foreign[0]!r} is not one of the labels of task {key}: "
                    f"{', '.join(task.labels)}"
                )


def _absent_rows(config: Config) -> Iterator[str]:
    for model, task in _planned(config):
        if row_of(config, task, model) is None:
            yield f"finetuning.rows: no row for task {task!r} and model {model!r}, nor a default"


def _long_sequences(config: Config) -> Iterator[str]:
    for model, task in _planned(config):
        architecture, row = config.models[model].architecture, row_of(config, task, model)
        if architecture is None or row is None:
            continue  # not known before the source is fetched: the fine-tuning asks again
        positions = max_tokens(architecture)
        if row.max_length > positions:
            yield f"finetuning.rows: length {row.max_length} for {task}, but models.{model} takes {positions}"


def _wide_strides(config: Config) -> Iterator[str]:
    stride = config.finetuning.question_answering.stride
    asked = [pair for pair in _planned(config) if has_windows(config.tasks[pair[1]].kind)]
    rows = {(row.task, row.model): row for row in (row_of(config, task, model) for model, task in asked) if row}
    for (task, model), row in rows.items():
        if 2 * stride > row.max_length:
            yield (
                f"finetuning.question_answering.stride: {stride} is over half of max_length {row.max_length}"
                f" (task {task}, model {model}): windows of a context would hardly move on"
            )


def _idle_patience(config: Config) -> Iterator[str]:
    last = [task for task in tasks_of(config) if config.tasks[task].selection == "last"]
    if config.finetuning.optimization.patience is not None and config.finetuning.search == ANNEX and last:
        yield f"finetuning.optimization.patience: no epoch is better where selection is last ({', '.join(last)})"


def _planned(config: Config) -> Iterator[tuple[str, str]]:
    """The models and tasks that may be fine-tuned in this run: no others are checked."""
    for model, settings in models_of(config).items():
        for task in tasks_of(config) if settings.measure else ():
            yield model, task


def _unknown_country(config: Config) -> Iterator[str]:
    try:
        intensity_of(config.energy)
    except UserError as error:
        yield f"{str(error).splitlines()[0]}; or give energy.grams_per_kwh"
