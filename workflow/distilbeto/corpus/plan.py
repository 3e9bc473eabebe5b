"""The number of shards of each file of a corpus, planned from file sizes before any text is read."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from distilbeto.corpus.settings import CorpusFile, CorpusSettings, problem_of_names
from distilbeto.errors import UserError
from distilbeto.sources.names import is_archive

Sizes = Mapping[str, int | None]


class PlannedFile(NamedTuple):
    """`file` is its path in the source, `name` its short name in paths of results."""

    name: str
    file: str
    shards: int


def plan_files(settings: CorpusSettings, sizes: Sizes, *, where: str, manifest: Path) -> list[PlannedFile]:
    """The files of a corpus, in order, each with its number of shards.

    The size of a file is its `bytes` in the configuration, else that in `sizes` of its source: {path: bytes, or None if
    unknown}. Without `files` a corpus is all files of its source but hidden ones, ordered by path. `where` names the
    corpus in errors; `manifest` is the file that fetching the source makes.

    Raises:
        UserError: a file or its size is not known, a file is an archive, or two have the same short name.
    """
    files = settings.files or [CorpusFile(file=path) for path in sorted(sizes) if not _is_hidden(path)]
    if not files:
        raise _unknown("which files the source has", settings.source, where, manifest)
    if problem := problem_of_names(files):
        raise UserError(problem, where=where, remedy="List them under `files`, each with a `name` of its own.")
    return [_planned(file, settings, sizes, where, manifest) for file in files]


def _planned(file: CorpusFile, settings: CorpusSettings, sizes: Sizes, where: str, manifest: Path) -> PlannedFile:
    if is_archive(file.file):
        raise UserError(
            f"{file.file} is an archive inside the source {settings.source}, not text",
            where=where,
            remedy="Unpack it; an archive as the `location` of a source is unpacked when it is fetched.",
        )
    if file.bytes is None and sizes and file.file not in sizes:
        listed = ", ".join(sorted(sizes)[:20])
        raise UserError(f"the source {settings.source} has no file {file.file!r}; it has {listed}", where=where)
    size = file.bytes if file.bytes is not None else sizes.get(file.file)
    if size is None:
        raise _unknown(f"the size of {file.file}", settings.source, where, manifest)
    return PlannedFile(file.short_name(), file.file, settings.shards_of(size))


def _unknown(what: str, source: str, where: str, manifest: Path) -> UserError:
    return UserError(
        f"{what} is not known yet, and the plan of shards follows from it",
        where=where,
        remedy=f"Fetch the source {source} first:  snakemake --cores 1 {manifest}\n"
        "  Or give, in `files` of the corpus, each file with its `bytes`, exact or approximate.",
    )


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in PurePosixPath(path).parts)
