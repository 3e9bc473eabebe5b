"""Complete short rows: a location in place of a source, no tokenizer, the model of a student.

All that follows sees names.
"""

import re
from collections.abc import Iterator

from pydantic import ValidationError

from distilbeto.models.settings import ModelSettings
from distilbeto.plan.config import Config
from distilbeto.sources.settings import SourceSettings
from distilbeto.tokenizer.settings import TokenizerSettings

LOCATION = re.compile(r"[:/~$]")  # which no name holds


def completed(config: Config) -> Config:
    """The configuration with all that short rows stand for.

    A location that stands in a model becomes a source, and the source's own tokenizer one of the tokenizers, where the
    model has none: both are named as the model. The model of a student has its tokenizer and its architecture. What
    collides with a name that is there stays as it is: `problems_of_short_rows` says so.
    """
    sources, tokenizers = dict(config.sources), dict(config.tokenizers)
    models: dict[str, ModelSettings] = {}
    for key, model in config.models.items():
        source, tokenizer = model.source, model.tokenizer
        if is_location(source) and key not in sources and _problem_of_location(str(source)) is None:
            sources[key] = SourceSettings(location=str(source))
            source = key
        if source in sources and not tokenizer and key not in tokenizers:
            tokenizers[key] = TokenizerSettings(source=str(source), lowercase=None, strip_accents=None)
            tokenizer = key
        row = model.model_copy(update={"source": source, "tokenizer": tokenizer})
        models[key] = _as_its_student(config, row)
    return config.model_copy(update={"sources": sources, "tokenizers": tokenizers, "models": models})


def problems_of_short_rows(config: Config) -> Iterator[str]:
    """One line for each row that `completed` could not complete."""
    for key, model in config.models.items():
        if is_location(model.source):
            collision = (
                f"its location would be the source {key}, which is there already: write source: {key} if it is meant,"
                " or name the location under sources"
            )
            yield f"models.{key}.source: {_problem_of_location(str(model.source)) or collision}"
        elif model.source in config.sources and not model.tokenizer:
            yield (
                f"models.{key}.tokenizer: left out, it would be the tokenizer {key}, which is there already:"
                f" write tokenizer: {key} if it is meant, or give the model another name"
            )


def is_location(source: str | None) -> bool:
    """Whether the source of a model is no name."""
    return source is not None and LOCATION.search(source) is not None


def _problem_of_location(location: str) -> str | None:
    try:
        SourceSettings(location=location)
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return None


def _as_its_student(config: Config, model: ModelSettings) -> ModelSettings:
    student = config.students.get(model.student or "")
    if student is None:
        return model
    own = {
        "tokenizer": model.tokenizer or student.tokenizer,
        "architecture": model.architecture or student.architecture,
    }
    return model.model_copy(update=own)
