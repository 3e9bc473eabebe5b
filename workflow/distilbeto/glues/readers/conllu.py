"""Parts of speech in CoNLL-U, versions 1 and 2 (https://universaldependencies.org/format.html)."""

import re
from collections.abc import Sequence
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import TaggedSentence
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.readers.word_per_line import Line, blocks_of
from distilbeto.glues.settings import DatasetSettings

# Version 1 writes `# sent_id name`, version 2 `# sent_id = name`.
SENTENCE_ID = re.compile(r"#\s*sent_id(?:\s*=\s*|\s+)(\S+)\s*")
WORD_ID = re.compile(r"[1-9][0-9]*")
RANGE_OR_EMPTY_NODE = re.compile(r"[1-9][0-9]*-[1-9][0-9]*|[0-9]+\.[1-9][0-9]*")


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    """The words of each sentence with their UPOS; multiword ranges (1-2) and empty nodes (1.1) are skipped."""
    examples = [
        _sentence(path, block, str(place)) for place, block in enumerate(blocks_of(path, settings.encoding), start=1)
    ]
    return ReadResult(examples, {}, [])


def _sentence(path: Path, block: Sequence[Line], fallback_id: str) -> TaggedSentence:
    words: list[str] = []
    tags: list[str] = []
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = _columns(path, number, line)
        if RANGE_OR_EMPTY_NODE.fullmatch(columns[0]):
            continue
        if not WORD_ID.fullmatch(columns[0]) or int(columns[0]) != len(words) + 1:
            raise UserError(f"expected the id {len(words) + 1}, found {columns[0][:40]!r}", where=path, line=number)
        words.append(columns[1])
        tags.append(columns[3])
    if not words:
        raise UserError("a sentence without words", where=path, line=block[0][0])
    return TaggedSentence(_sentence_id(block) or fallback_id, tuple(words), tuple(tags))


def _columns(path: Path, number: int, line: str) -> list[str]:
    columns = line.split("\t")
    if len(columns) != 10 or "" in columns:
        raise UserError(
            f"expected 10 columns separated by tabs, none empty, found {len(columns)}: {line[:80]!r}",
            where=path,
            line=number,
        )
    return columns


def _sentence_id(block: Sequence[Line]) -> str | None:
    found = (SENTENCE_ID.fullmatch(line) for _, line in block)
    return next((match[1] for match in found if match), None)
