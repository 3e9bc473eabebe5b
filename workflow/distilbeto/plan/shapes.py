"""The shape of each model as far as a plan knows it: from the configuration, or from a source that is there."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.models.families import max_tokens
from distilbeto.models.settings import Architecture, architecture_in
from distilbeto.plan.config import Config
from distilbeto.plan.layout import Layout
from distilbeto.plan.runs import models_of
from distilbeto.sources.encoder_folder import encoder_folder
from distilbeto.sources.local import is_remote, local_path
from distilbeto.storage.files import read_json

# Supposed of a model of which nothing is known: XLM-RoBERTa large. A job that asks for too much waits a little longer.
UNKNOWN = Architecture(
    model_type="xlm-roberta",
    hidden_size=1024,
    num_hidden_layers=24,
    num_attention_heads=16,
    intermediate_size=4096,
    max_position_embeddings=514,
)
BETOS_WORDS = 31_002
MINIATURE = "miniature:"


def vocabulary_of(config: Config, tokenizer: str) -> int:
    """Words of a tokenizer, where it is prepared; before that, those of BETO."""
    manifest = Path(Layout(config.results).tokenizer_manifest.format(tokenizer=tokenizer))
    return int(read_json(manifest)["vocab_size"]) if manifest.is_file() else BETOS_WORDS


def shape_of_model(config: Config, model: str) -> Architecture:
    """What is configured, else published, else UNKNOWN; of a model that is cut, what is left of it."""
    return _shape(config, model) or UNKNOWN


def with_shapes(config: Config) -> Config:
    """The configuration with the shape of every model as its architecture, as far as it is known."""
    models = {
        key: model.model_copy(update={"architecture": _shape(config, key)}) for key, model in config.models.items()
    }
    return config.model_copy(update={"models": models})


def _shape(config: Config, model: str) -> Architecture | None:
    settings = config.models[model]
    shape = settings.architecture or _published(config, model)
    if shape is None or settings.num_hidden_layers is None:
        return shape
    return shape.model_copy(update={"num_hidden_layers": settings.num_hidden_layers})


def problems_of_shapes(config: Config) -> Iterator[str]:
    """Sources, fetched or local, that are of no known family, not of the architecture that is configured, or of fewer
    layers than a model takes of them."""
    for key, model in models_of(config).items():
        try:
            published = _read(config, key)
        except UserError as error:
            yield f"models.{key}.source: {str(error).splitlines()[0]}"
            continue
        expected, whole = model.architecture, model.architecture or published
        taken = model.num_hidden_layers or 0
        if whole is not None and taken > whole.num_hidden_layers:
            yield f"models.{key}.num_hidden_layers: {taken}, but the source has {whole.num_hidden_layers}"
        if expected is not None and published is not None:
            for name, value in expected.model_dump(exclude={"dropout"}, exclude_none=True).items():
                found = getattr(published, name)
                if found != value:
                    yield f"models.{key}.architecture.{name}: {value}, but config.json of the source says {found}"


def shapes_to_show(config: Config) -> Iterator[str]:
    """One line for each model of this run that leaves its architecture to its source."""
    for key, model in models_of(config).items():
        if model.architecture is None:
            shape = _shape(config, key)
            yield f"models.{key}: " + (_described(shape) if shape else _why_unknown(config, model.source))


def _why_unknown(config: Config, source: str | None) -> str:
    settings = config.sources.get(source or "")
    if settings is None or is_remote(settings.location) or settings.location.startswith(MINIATURE):
        return "its shape is read when its source is fetched"
    place = local_path(settings.location)
    if not place.exists():
        return f"there is no {settings.location}"
    if place.is_file():
        return "its shape is read when its source is unpacked"
    path = encoder_folder(place) / "config.json"
    if not path.is_file():
        return f"there is no config.json in {settings.location}"
    saved = read_json(path)
    if not isinstance(saved, dict) or "model_type" not in saved:
        return f"{path} does not say its model_type, which an `architecture` of the model can"
    return f"its shape is read when a job does: {path} leaves a part of it to defaults, or contradicts itself"


def _described(shape: Architecture) -> str:
    return (
        f"{shape.model_type}, {shape.num_hidden_layers} layers, hidden size {shape.hidden_size},"
        f" {shape.num_attention_heads} heads, {max_tokens(shape)} tokens"
    )


def _published(config: Config, model: str) -> Architecture | None:
    with suppress(UserError):
        return _read(config, model)
    return None


def _read(config: Config, model: str) -> Architecture | None:
    """The shape in the config.json of a model's source; None where it is not there yet, or leaves it to defaults.

    Raises:
        UserError: the file is damaged, or of no known family.
    """
    folder = _folder(config, config.models[model].source)
    path = encoder_folder(folder) / "config.json" if folder else None
    if path is None or not path.is_file():
        return None
    saved = read_json(path)
    try:
        return architecture_in(saved) if isinstance(saved, dict) else None
    except UserError as error:
        raise UserError(str(error), where=path) from None


def _folder(config: Config, source: str | None) -> Path | None:
    """The folder of a source on this machine: its own, or what was fetched from its present location."""
    settings = config.sources.get(source or "")
    if settings is None:
        return None
    results = Layout(config.results)
    if settings.location.startswith(MINIATURE):
        return Path(results.miniature, settings.location.removeprefix(MINIATURE))
    if not is_remote(settings.location) and local_path(settings.location).is_dir():
        return local_path(settings.location)
    manifest = Path(results.source_manifest.format(source=source))
    fetched = read_json(manifest) if manifest.is_file() else {}
    return Path(results.source.format(source=source)) if fetched.get("location") == settings.location else None
