"""Files of a Hugging Face Hub repository, from the cache or the network. Code of the repository is never run."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError
from distilbeto.sources.names import require_files

PREFIX = "hub:"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
OTHERS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "spiece.model",
)
DEFAULT_FILES = (*OTHERS, *WEIGHTS)


class Repository(NamedTuple):
    name: str
    revision: str


def parse_location(location: str) -> Repository:
    """The repository and revision of `hub:owner/name@revision`.

    Raises:
        UserError: the location has another form.
    """
    name, _, revision = location.removeprefix(PREFIX).partition("@")
    if not revision or name.count("/") != 1 or not all(name.split("/")):
        raise UserError(
            f"{location!r} does not name a repository and a revision",
            remedy="Write hub:owner/name@revision, the revision being a commit (best), a tag or a branch such as main.",
        )
    return Repository(name, revision)


def fetch_repository(location: str, folder: Path, files: list[str], *, offline: bool) -> str:
    """Put `files` of a repository (default: configuration, tokenizer, weights) into `folder`; returns the commit.

    Raises:
        UserError: no such repository, revision or file; no access; or not in the cache when `offline`.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    repository = parse_location(location)
    try:
        wanted = files or ["config.json"] if offline else _choose(repository, files, location)
        snapshot = Path(
            snapshot_download(
                repository.name, revision=repository.revision, allow_patterns=wanted, local_files_only=offline
            )
        )
    except (OSError, HFValidationError) as error:
        raise _explained(location, error, offline) from None
    there = [file for file in files or DEFAULT_FILES if (snapshot / file).is_file()]
    require_files(wanted, there, where=location)
    for file in there:
        _place((snapshot / file).resolve(), folder / file)
    return snapshot.name


def _choose(repository: Repository, files: list[str], location: str) -> list[str]:
    """`files`; by default the configuration and tokenizer files of the repository, and the first kind of WEIGHTS."""
    from huggingface_hub import HfApi

    there = HfApi().list_repo_files(repository.name, revision=repository.revision)
    require_files(files or ["config.json"], there, where=location)
    weights = [file for file in WEIGHTS if file in there][:1]
    return files or [file for file in OTHERS if file in there] + weights


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
