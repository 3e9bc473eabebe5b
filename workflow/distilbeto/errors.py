"""The one exception that a person is meant to read."""

from pathlib import Path


class UserError(Exception):
    """Bad input: says what is wrong, where, and what to do about it. Shown without a traceback."""

    def __init__(
        self, what: str, *, where: Path | str | None = None, line: int | None = None, remedy: str = ""
    ) -> None:
        place = "" if where is None else f"{where}: " if line is None else f"{where}, line {line}: "
        super().__init__(f"{place}{what}" + (f"\n  {remedy}" if remedy else ""))
