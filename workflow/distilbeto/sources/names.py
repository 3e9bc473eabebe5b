"""Names of the files of a source: archives, compressed text, and how `files` of the configuration select them.

A source holds compressed text decompressed, under its name without the suffix: byte ranges of it can be read.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from distilbeto.errors import UserError

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
ARCHIVES = (".zip", ".tar", *(f".tar{suffix}" for suffix in COMPRESSED), ".tgz", ".tbz2", ".txz", ".tzst")
SHOWN = 20


def is_archive(name: str) -> bool:
    """Whether a file is a zip or tar archive by its name."""
    return name.lower().endswith(ARCHIVES)


def plain_name(name: str) -> str:
    """The path of a file after decompression: compressed text loses its suffix, unless it is hidden."""
    path = PurePosixPath(name)
    is_text = path.suffix.lower() in COMPRESSED and not is_archive(name) and not path.name.startswith(".")
    return str(path.with_suffix("")) if is_text else name


def is_wanted(name: str, files: list[str]) -> bool:
    """Whether `files` (empty: all) contain `name`, with or without the suffix of compressed text."""
    return not files or name in files or plain_name(name) in files


def choose(there: Iterable[str], files: list[str], *, where: str) -> dict[str, str]:
    """Select from the files that are `there`: {path in the source: path there}.

    `files` (empty: all) name them with or without the suffix of compressed text; an exact match has precedence.

    Raises:
        UserError: one is missing, or two files would have the same path.
    """
    names = sorted(there)
    require_files([file for file in files if file not in {*names, *map(plain_name, names)}], names, where=where)
    chosen: dict[str, str] = {}
    for name in names:
        plain = plain_name(name)
        if files and name not in files and (plain not in files or plain in names):
            continue
        if plain in chosen:
            raise UserError(
                f"{chosen[plain]} and {name} would both be {plain}",
                where=where,
                remedy="Name the one that is meant in `files` of the source.",
            )
        chosen[plain] = name
    return chosen


def require_files(files: list[str], there: list[str], *, where: str) -> None:
    """Check that all `files` are `there`.

    Raises:
        UserError: some are missing; it names them and those that are there.
    """
    missing = sorted(set(files) - set(there))
    if missing:
        shown = "\n    ".join(sorted(there)[:SHOWN]) or "nothing"
        more = f"\n    and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        raise UserError(f"no {', '.join(missing)} in it", where=where, remedy=f"It holds:\n    {shown}{more}")
