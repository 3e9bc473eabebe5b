"""What no single block can check: that names, lengths and rows of the configuration fit each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.models.families import max_tokens
from distilbeto.plan.config import Config
from distilbeto.plan.search_checks import problems_of_search
from distilbeto.reports.energy.intensity import intensity_of


def problems_of(config: Config) -> Iterator[str]:
    """One line for each thing in the configuration that does not fit another."""
    checks = (_unknown_names, _bad_rows, _absent_rows, _wide_strides, _long_sequences, _circles, problems_of_search)
    for check in (*checks, _unknown_country):
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
        yield f"models.{key}.tokenizer", model.tokenizer, config.tokenizers
        if model.source is not None:
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
    """The same of what is timed and tabulated."""
    for column in [*config.tables.classification, *config.tables.question_answering]:
        yield "tables", column.task, config.tasks
        if column.task in config.tasks:
            yield f"tables: tests of {column.task}", column.test, dict.fromkeys(config.tasks[column.task].tests)
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
        if named.count((task, model)) > 1:
            yield f"finetuning.rows: more than one row for task {task!r} and model {model!r}"


def _absent_rows(config: Config) -> Iterator[str]:
    named = {(row.task, row.model) for row in config.finetuning.rows}
    for model, settings in config.models.items():
        for task in config.tasks if settings.measure else ():
            if not named & {(task, model), (task, "default")}:
                yield f"finetuning.rows: no row for task {task!r} and model {model!r}, nor a default"


def _long_sequences(config: Config) -> Iterator[str]:
    for key, student in config.students.items():
        positions = max_tokens(student.architecture)
        longest = config.corpora[student.corpus].sequences.max_tokens if student.corpus in config.corpora else 0
        if longest > positions:
            yield f"corpora.{student.corpus}.sequences.max_tokens: {longest}, but students.{key} takes {positions}"
    for row in config.finetuning.rows:
        for key, model in config.models.items():
            positions = max_tokens(model.architecture)
            if row.model in (key, "default") and model.measure and row.max_length > positions:
                yield f"finetuning.rows: length {row.max_length} for {row.task}, but models.{key} takes {positions}"


def _wide_strides(config: Config) -> Iterator[str]:
    stride = config.finetuning.question_answering.stride
    for row in config.finetuning.rows:
        if (
            row.task in config.tasks
            and config.tasks[row.task].kind is TaskKind.QUESTION_ANSWERING
            and 2 * stride > row.max_length
        ):
            yield (
                f"finetuning.question_answering.stride: {stride} is over half of max_length {row.max_length}"
                f" (task {row.task}, model {row.model}): windows of a context would hardly move on"
            )


def _circles(config: Config) -> Iterator[str]:
    for key in config.students:
        seen: list[str] = []
        name: str | None = key
        while name in config.students and name not in seen:
            seen.append(name)
            teacher = config.students[name].teacher
            name = config.models[teacher].student if teacher in config.models else None
        if name in seen:
            yield f"students.{key}: the student is its own teacher ({' <- '.join([*seen, str(name)])})"


def _unknown_country(config: Config) -> Iterator[str]:
    try:
        intensity_of(config.energy)
    except UserError as error:
        yield f"{str(error).splitlines()[0]}; or give energy.grams_per_kwh"
