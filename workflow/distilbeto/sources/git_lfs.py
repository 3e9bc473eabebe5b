"""Files that a clone without Git LFS leaves in place of large ones: three lines that say what would be here."""

from pathlib import Path

from distilbeto.errors import UserError

FIRST_LINE = b"version https://git-lfs.github.com/spec/"


def assert_no_pointer(path: Path) -> None:
    """Raises UserError where `path`, which exists, is such a file."""
    with path.open("rb") as file:
        found = file.read(len(FIRST_LINE))
    if found == FIRST_LINE:
        raise UserError(
            "a pointer of Git LFS, not the file itself",
            where=path,
            remedy="Run `git lfs pull` in the clone that the source is, or fetch it with hub:owner/name@revision.",
        )
