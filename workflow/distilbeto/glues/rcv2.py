"""MLDoc (Schwenk and Li, 2018) from the files of Reuters RCV2, which NIST licenses, and the published index files."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from distilbeto.errors import UserError
from distilbeto.glues.readers.lines import lines_of
from distilbeto.storage.files import write_text

TOPICS = ".//codes[@class='bip:topics:1.0']/code"
LABELS = ("CCAT", "ECAT", "GCAT", "MCAT")
LINE_BREAK = re.compile(r"\s*[\r\n]\s*")
SHOWN = 5


def write_documents(index: Path, folder: Path, output: Path) -> Counter[str]:
    """Write the label, a tab and the text of each document of an index file, in its order; how many of each label.

    Args:
        index: lines such as REUTES8-72689, which is the document REUTES8/72689.xml.
        folder: of RCV2, with the folders that the index names.

    Raises:
        UserError: a line names no document, a document is missing or no news item with one of the four labels.
    """
    paths = [_path_of(line, folder, index, number) for number, line in lines_of(index)]
    _require(paths, folder, index)
    documents = [document_of(path) for path in paths]
    write_text(output, "".join(f"{label}\t{text}\n" for label, text in documents))
    return Counter(label for label, _ in documents)


def document_of(path: Path) -> tuple[str, str]:
    """The label of a news item, and its paragraphs as one line. The encoding is the one that the file declares.

    Raises:
        UserError: no XML, without text, or not of exactly one of the four labels.
    """
    try:
        item = ElementTree.fromstring(path.read_bytes())  # noqa: S314 - licensed files, from NIST itself
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise UserError(f"not the XML of a news item: {error}", where=path) from None
    found = [topic.attrib.get("code", "") for topic in item.findall(TOPICS)]
    labels = [code for code in found if code in LABELS]
    if len(labels) != 1:
        raise UserError(f"expected one of the topics {', '.join(LABELS)}, found {labels or 'none'}", where=path)
    text = LINE_BREAK.sub(" ", " ".join("".join(paragraph.itertext()) for paragraph in item.iter("p"))).strip()
    if not text:
        raise UserError("the news item has no text", where=path)
    return labels[0], text


def _path_of(line: str, folder: Path, index: Path, number: int) -> Path:
    part, dash, name = line.strip().partition("-")
    if not dash or not re.fullmatch(r"\w+", part) or not re.fullmatch(r"\w+", name):
        raise UserError(f"expected a document such as REUTES8-72689, found {line[:80]!r}", where=index, line=number)
    return folder / part / f"{name}.xml"


def _require(paths: Sequence[Path], folder: Path, index: Path) -> None:
    if not paths:
        raise UserError("the index names no document", where=index)
    missing = [str(path.relative_to(folder)) for path in paths if not path.is_file()]
    if missing:
        names = ", ".join(missing[:SHOWN]) + (", ..." if len(missing) > SHOWN else "")
        raise UserError(
            f"{len(missing)} of {len(paths)} documents of {index.name} are missing: {names}",
            where=folder,
            remedy="Name the folder of RCV2 that holds folders such as REUTES1 (spanish) or LATAM1 (spanish-latam).",
        )
