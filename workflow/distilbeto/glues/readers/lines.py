"""Lines of text files, strictly decoded."""

from collections.abc import Iterator
from pathlib import Path

from distilbeto.errors import UserError

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def lines_of(path: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    r"""Number (from 1) and text of each line, without its line end; blank lines at the end of the file are left out.

    Only \n and \r\n end a line: the other separators that str.splitlines knows occur inside published sentences. A
    byte order mark at the start is dropped.

    Raises:
        UserError: bytes that are not in `encoding`, or a UTF-8 file that is declared latin-1.
    """
    if encoding == "latin-1":
        _refuse_utf8(path)
    blank: list[int] = []
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            line = _decoded(raw, encoding, path, number).removesuffix("\n").removesuffix("\r")
            if number == 1:
                line = line.removeprefix(BYTE_ORDER_MARK)
            if not line.strip():
                blank.append(number)
                continue
            yield from ((skipped, "") for skipped in blank)
            blank.clear()
            yield number, line


def _decoded(raw: bytes, encoding: str, path: Path, number: int) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise UserError(
            f"byte {error.start + 1} of the line is 0x{raw[error.start]:02x}, which is not {encoding.upper()}",
            where=path,
            line=number,
            remedy="If the file is in Latin-1, set `encoding: latin-1` for its data set (--encoding in score.py). "
            "If it is not, convert it to UTF-8.",
        ) from None


def _refuse_utf8(path: Path) -> None:
    """Every file is valid Latin-1, so a UTF-8 file read as such would give garbled accents without an error."""
    content = path.read_bytes()
    if content.isascii():
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return
    raise UserError(
        "declared as latin-1, but the file is UTF-8",
        where=path,
        remedy="Set `encoding: utf-8` for its data set (score.py: --encoding utf-8).",
    )
