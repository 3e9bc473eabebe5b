"""Tokenize one byte range of a corpus file into a shard. Memory grows with its number of sequences, not of tokens."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.lines import lines_of, sample_of
from distilbeto.corpus.ranges import BLOCK_BYTES, Block, line_range, read_blocks
from distilbeto.corpus.sequences import Counts, Sequences, make_sequences
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shard_writer import write_shard
from distilbeto.errors import UserError
from distilbeto.job.progress import progress
from distilbeto.storage.arrays import token_dtype
from distilbeto.storage.files import explaining_a_full_disk, read_json
from distilbeto.tokenizer import LoadedTokenizer
from distilbeto.tokenizer.engines import Engine, engine_for


class TextFile(NamedTuple):
    """A corpus file with size and checksum from its source's manifest; `name` is its short name in paths of results."""

    path: Path
    name: str
    bytes: int
    sha256: str


class Tokenized(NamedTuple):
    """The sequences of a block of lines; the numbers of tokens and of UNK in its text, dropped sequences included."""

    sequences: Sequences
    text_tokens: int
    text_unknown: int


def tokenize_shard(
    text: TextFile, shard: int, shards: int, *, tokenizer: LoadedTokenizer, rules: SequenceRules, output: Path
) -> None:
    """Write shard `shard` (from 0) of the `shards` of a corpus file, even if no sequence is kept.

    The same text, rules, tokenizer and libraries give the same bytes. `lines_of` says what is repaired.

    Raises:
        UserError: the file is empty, has another size than in the manifest, is not UTF-8 (line and byte are named), or
            has too long lines; the disk is full.
    """
    if not 0 <= shard < shards:
        raise UserError(f"there is no shard {shard} of {shards}: expected 0 to {shards - 1}", where=text.path)
    check_file(text)
    output.parent.mkdir(parents=True, exist_ok=True)
    with explaining_a_full_disk(output), text.path.open("rb") as file, TemporaryFile(dir=output.parent) as spool:
        lines = line_range(file, text.bytes, shard, shards)
        engine = engine_for(tokenizer, sample_of(file, lines, nfc=tokenizer.nfc))
        blocks = progress(read_blocks(file, lines), total=-(-(lines.end - lines.start) // BLOCK_BYTES), unit="MiB")
        tokens, offsets, found = _gather(_tokenized(file, blocks, engine, tokenizer, rules), spool, tokenizer)
        metadata = {
            "tokenizer": tokenizer.fingerprint,
            "vocab_size": tokenizer.vocab_size,
            "engine": engine.name,
            "file": text.name,
            "file_sha256": text.sha256,
            "shard": shard,
            "shards": shards,
            "bytes": [lines.start, lines.end],
            "rules": rules.model_dump(),
            **found,
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
    """Check the size of a file. A checksum would have to read the whole file for each shard.

    Raises:
        UserError: the file is empty, or its size is not that in the manifest.
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


def _tokenized(
    file: BinaryIO, blocks: Iterable[Block], engine: Engine, tokenizer: LoadedTokenizer, rules: SequenceRules
) -> Iterator[Tokenized]:
    dtype = token_dtype(tokenizer.vocab_size)
    for block in blocks:
        lines, repairs = lines_of(file, block, nfc=tokenizer.nfc)
        encoded = engine.encode(lines)
        tokens, lengths = encoded.tokens.astype(dtype, copy=False), encoded.lengths
        unknown = tokenizer.unknown(tokens)
        sequences = make_sequences(tokens, unknown, lengths, rules, tokenizer.template)
        counted = sequences._replace(counts=sequences.counts.plus(repairs))
        yield Tokenized(counted, tokens.size, int(unknown.sum()))


def _gather(
    parts: Iterable[Tokenized], spool: IO[bytes], tokenizer: LoadedTokenizer
) -> tuple[NDArray[Any], NDArray[np.uint64], dict[str, Any]]:
    """The tokens [tokens] of all parts, a memory map of `spool`; offsets [sequences + 1]; and the counts."""
    dtype, lengths = token_dtype(tokenizer.vocab_size), [np.zeros(1, np.int64)]
    counts, text_tokens, text_unknown = Counts(), 0, 0
    for part in parts:
        spool.write(part.sequences.tokens.data)
        lengths.append(part.sequences.lengths)
        counts = counts.plus(part.sequences.counts)
        text_tokens += part.text_tokens
        text_unknown += part.text_unknown
    spool.flush()
    offsets = np.cumsum(np.concatenate(lengths), dtype=np.uint64)
    tokens = np.memmap(spool, dtype, "r") if offsets[-1] else np.empty(0, dtype)
    return tokens, offsets, {"counts": counts.recorded(), "text_tokens": text_tokens, "text_unknown": text_unknown}
