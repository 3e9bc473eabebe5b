"""Tokenize one byte range of a corpus file into a shard, in memory bounded by the shard's tokens."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.ranges import BLOCK_BYTES, Block, line_number, line_range, read_blocks
from distilbeto.corpus.sequences import Counts, Sequences, make_sequences
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shard_writer import token_dtype, write_shard
from distilbeto.errors import UserError
from distilbeto.files import read_json
from distilbeto.progress import progress
from distilbeto.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer


class TextFile(NamedTuple):
    """A corpus file as its source's manifest knows it; `name` is its short name in paths of results."""

    path: Path
    name: str
    bytes: int
    sha256: str


def tokenize_shard(
    text: TextFile, shard: int, shards: int, *, tokenizer: LoadedTokenizer, rules: SequenceRules, output: Path
) -> None:
    """Write shard `shard` (from 0) of the `shards` of a corpus file; one in which nothing is kept is written too.

    A byte-order mark at the start of the file, NUL characters, and white space around a line (a carriage return
    before the line feed, too) are no text. What looks like a special token in the text is text.

    Raises:
        UserError: the file is empty, not the one of the manifest, not UTF-8 (named by line and byte), or not of lines.
    """
    stopwatch = Stopwatch()
    if not 0 <= shard < shards:
        raise UserError(f"there is no shard {shard} of {shards}: expected 0 to {shards - 1}", where=text.path)
    check_file(text)
    # Or a line that says "[PAD]" would hold padding.
    tokenizer.tokenizer.encode_special_tokens = True
    with text.path.open("rb") as file:
        lines = line_range(file, text.bytes, shard, shards)
        blocks = progress(read_blocks(file, lines), total=-(-(lines.end - lines.start) // BLOCK_BYTES), unit="MiB")
        tokens, offsets, found = _collect(_tokenized(file, blocks, tokenizer, rules), token_dtype(tokenizer.vocab_size))
    metadata = {
        "tokenizer": tokenizer.fingerprint,
        "vocab_size": tokenizer.vocab_size,
        "file": text.name,
        "file_sha256": text.sha256,
        "shard": shard,
        "shards": shards,
        "bytes": [lines.start, lines.end],
        "rules": rules.model_dump(),
        **found,
        "provenance": provenance(rules.model_dump(), stopwatch),
    }
    write_shard(output, tokens, offsets, metadata)


def text_file(manifest: Path, file: str, name: str) -> TextFile:
    """The corpus file `file` of the source with this manifest, whose files lie in the folder beside it.

    Raises:
        UserError: the source has no such file.
    """
    files = read_json(manifest)["files"]
    if file not in files:
        raise UserError(f"the source has no file {file!r}; it has {', '.join(sorted(files)[:20])}", where=manifest)
    return TextFile(manifest.with_suffix("") / file, name, files[file]["bytes"], files[file]["sha256"])


def check_file(text: TextFile) -> None:
    """Refuse an empty file, and one whose size is not the manifest's. The checksum would cost a reading for each shard.

    Raises:
        UserError: naming both sizes.
    """
    found = text.path.stat().st_size
    if found != text.bytes:
        raise UserError(
            f"the file has {found} bytes, the manifest of its source says {text.bytes}",
            where=text.path,
            remedy="It changed after it was fetched: fetch the source again.",
        )
    if found == 0:
        raise UserError("the file is empty", where=text.path, remedy="Take it out of the corpus, or fetch it again.")


class Tokenized(NamedTuple):
    """The sequences of a block of lines, and the tokens and UNK of its whole text, dropped sequences included."""

    sequences: Sequences
    text_tokens: int
    text_unknown: int


def _tokenized(
    file: BinaryIO, blocks: Iterator[Block], tokenizer: LoadedTokenizer, rules: SequenceRules
) -> Iterator[Tokenized]:
    dtype = token_dtype(tokenizer.vocab_size)
    for block in blocks:
        encodings = tokenizer.tokenizer.encode_batch_fast(lines_of(file, block), add_special_tokens=False)
        ids = [encoding.ids for encoding in encodings]
        lengths = np.fromiter(map(len, ids), np.int64, len(ids))
        tokens = np.fromiter(chain.from_iterable(ids), dtype, int(lengths.sum()))
        sequences = make_sequences(tokens, lengths, rules, cls=tokenizer.cls, sep=tokenizer.sep, unk=tokenizer.unk)
        yield Tokenized(sequences, tokens.size, int((tokens == tokenizer.unk).sum()))


def lines_of(file: BinaryIO, block: Block) -> list[str]:
    """The lines of a block of `file`, without white space around them.

    Raises:
        UserError: a byte is not UTF-8.
    """
    try:
        text = block.content.decode()
    except UnicodeDecodeError as error:
        position = block.offset + error.start
        raise UserError(
            f"byte 0x{block.content[error.start]:02x} at offset {position} is not UTF-8",
            where=file.name,
            line=line_number(file, position),
            remedy="Convert the file, for example: iconv -f ISO-8859-1 -t UTF-8 (or -f UTF-16, if that is what it is).",
        ) from None
    if block.offset == 0:
        text = text.removeprefix("\ufeff")
    return [line.strip() for line in text.replace("\0", "").removesuffix("\n").split("\n")]


def _collect(
    parts: Iterator[Tokenized], dtype: np.dtype[Any]
) -> tuple[NDArray[Any], NDArray[np.uint64], dict[str, Any]]:
    """The tokens and offsets of a shard, and its counts."""
    tokens, lengths = [np.empty(0, dtype)], [np.zeros(1, np.int64)]
    counts, text_tokens, text_unknown = Counts(), 0, 0
    for part in parts:
        tokens.append(part.sequences.tokens)
        lengths.append(part.sequences.lengths)
        counts = counts.plus(part.sequences.counts)
        text_tokens += part.text_tokens
        text_unknown += part.text_unknown
    offsets = np.cumsum(np.concatenate(lengths)).astype(np.uint64)
    found = {"counts": counts._asdict(), "text_tokens": text_tokens, "text_unknown": text_unknown}
    return np.concatenate(tokens), offsets, found
