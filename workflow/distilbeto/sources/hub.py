"""Files of a Hugging Face Hub repository, from the cache or the network. Code of the repository is never run."""

import os
import shutil
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, NamedTuple

from distilbeto.errors import UserError
from distilbeto.sources.local import files_below
from distilbeto.sources.names import SHOWN, plain_name, require_files

PREFIX = "hub:"
DATASETS = "datasets/"
DATA_SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".conll", ".conllu")
DESCRIPTIONS = ("dataset_infos.json", "dataset_info.json")
# Of a model: one form of the weights, the first that is there, whole or with its index; pickles last.
WEIGHTS = (
    ("model.safetensors",),
    ("model.safetensors.index.json", "model-*-of-*.safetensors"),
    ("pytorch_model.bin",),
    ("pytorch_model.bin.index.json", "pytorch_model-*-of-*.bin"),
)
OTHERS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
    "modules.json",
)
# The encoder of sentence-transformers lies at the top, or in older repositories here.
FOLDERS = ("", "0_Transformer/")


class Repository(NamedTuple):
    name: str
    revision: str
    kind: Literal["model", "dataset"] = "model"


def parse_location(location: str) -> Repository:
    """The repository and revision of `hub:owner/name@revision`, or of a data set, `hub:datasets/owner/name@revision`.

    Raises:
        UserError: the location has another form.
    """
    path, _, revision = location.removeprefix(PREFIX).partition("@")
    name = path.removeprefix(DATASETS) if path.count("/") == 2 else path
    if not revision or name.count("/") != 1 or not all(name.split("/")):
        raise UserError(
            f"{location!r} does not name a repository and a revision",
            remedy="Write hub:owner/name@revision, of a data set hub:datasets/owner/name@revision; the revision "
            "being a commit (best), a tag or a branch such as main.",
        )
    return Repository(name, revision, "model" if name == path else "dataset")


def fetch_repository(location: str, folder: Path, files: list[str], *, offline: bool) -> str:
    """Put `files` of a repository into `folder`; returns the commit.

    Of a model, the default is configuration, tokenizer and weights; of a data set, every file of data, and `files` may
    have patterns: es/train-*.parquet.

    Raises:
        UserError: no such repository, revision or file; no access; or not in the cache when `offline`.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    repository = parse_location(location)
    is_model = repository.kind == "model"
    try:
        wanted = (files or _configurations([]) * is_model) if offline else _choose(repository, files, location)
        snapshot = Path(
            snapshot_download(
                repository.name,
                repo_type=repository.kind,
                revision=repository.revision,
                allow_patterns=wanted,
                local_files_only=offline,
            )
        )
    except (OSError, HFValidationError) as error:
        raise _explained(location, error, offline) from None
    cached = files_below(snapshot)
    there = model_files(cached, files, location) if is_model else data_files(cached, wanted, location)
    for file in there:
        _place((snapshot / file).resolve(), folder / file)
    return snapshot.name


def _choose(repository: Repository, files: list[str], location: str) -> list[str]:
    """The files of the repository that `files` name, or that are wanted by default."""
    from huggingface_hub import HfApi

    there = HfApi().list_repo_files(repository.name, revision=repository.revision, repo_type=repository.kind)
    return (model_files if repository.kind == "model" else data_files)(there, files, location)


def model_files(there: Sequence[str], files: list[str], location: str) -> list[str]:
    """`files`; by default, of those that are `there`, configuration, tokenizer and one form of the weights, never code.

    Raises:
        UserError: one of `files` is not there, or no config.json.
    """
    require_files(files or _configurations(there)[:1], list(there), where=location)
    if files:
        return files
    others = [folder + name for folder in FOLDERS for name in OTHERS if folder + name in there]
    forms = ([folder + pattern for pattern in form] for folder in FOLDERS for form in WEIGHTS)
    form = next((form for form in forms if form[0] in there), [])
    return others + [name for name in there if any(_matches(name, pattern) for pattern in form)]


def _configurations(there: Sequence[str]) -> list[str]:
    """The places of config.json that are there, or else all in which it may be."""
    places = [f"{folder}config.json" for folder in FOLDERS]
    return [place for place in places if place in there] or places


def data_files(there: Sequence[str], files: list[str], location: str) -> list[str]:
    """Those of the files that are `there` which `files` name or match; by default, all whose suffix is that of data.

    Raises:
        UserError: one of `files` is no file and matches none, or there are no data.
    """
    missing = [pattern for pattern in files if not any(_matches(name, pattern) for name in there)]
    if missing:
        require_files(missing, sorted(there), where=location)
    found = [
        name
        for name in there
        if any(_matches(name, pattern) for pattern in files)
        or (not files and plain_name(name).lower().endswith(DATA_SUFFIXES) and Path(name).name not in DESCRIPTIONS)
    ]
    if not found:
        raise UserError(
            f"it holds no files of data, only {', '.join(sorted(there)[:SHOWN]) or 'nothing'}",
            where=location,
            remedy="Scripts of data sets are not run. The Hub keeps Parquet of many data sets in a branch of its own: "
            "try @refs/convert/parquet as the revision.",
        )
    return found


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)


def _place(cached: Path, target: Path) -> None:
    """Hard-link the cached file, so that it outlives the cache; copy it if the cache is on another file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(cached, target)
    except OSError:
        shutil.copyfile(cached, target)


def _explained(location: str, error: Exception, offline: bool) -> UserError:
    if offline:
        return UserError(
            "not in the Hub's cache on this machine, and the run is offline",
            where=location,
            remedy="Fetch it once with network, or set the source's location to a local copy of the repository.",
        )
    first_line = str(error).strip().partition("\n")[0]
    return UserError(
        f"cannot be fetched from the Hub: {first_line}",
        where=location,
        remedy="Check owner, name, revision and access rights, or set the source's location to a local copy.",
    )
