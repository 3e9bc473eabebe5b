"""Tokenizing text to shards: speed, memory, and the ids themselves, side by side on the same text.

    reference        `tokenizers`, encode_batch_fast alone, on lines in memory: one core
    shards           this project's job from file to shard, a process of its own, its start counted: one core
    two at a time    two such jobs, each of the whole text, as a run makes two shards
    ancestor         a line at a time through the transformers tokenizer, lists, one pickle at the end (--ancestor-mb)

A ratio is that of MB/s (10^6 bytes of text). All take turns, --rounds times; the best of each counts. Memory is the
peak of the process that did the work. --all compares every id of the text with the reference's.

Example:
    python tests/benchmarks/tokenization.py $DISTILBETO_REAL_DATA/corpus/*.txt --mb 50 \\
        --tokenizer $DISTILBETO_REAL_DATA/tokenizers/beto-uncased --all
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from distilbeto.corpus.lines import lines_of
from distilbeto.corpus.ranges import ByteRange, read_blocks
from distilbeto.corpus.sequences import make_sequences
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shards import open_shard
from distilbeto.job.cli import argument_parser, start
from distilbeto.storage.files import sha256_of
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.engines import reference_engine
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

SCRIPTS = Path(__file__).parents[2] / "scripts"
CORPUS_BYTES = 18.4e9
ANCESTOR = """
import pickle, sys, time
from transformers import AutoTokenizer
import numpy as np
from distilbeto.storage.provenance import peak_memory_mib
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
began = time.monotonic()
with open(sys.argv[2], encoding="utf-8") as file:
    lines = file.readlines()
encoded = []
for line in lines:
    encoded.append(tokenizer.encode("[CLS] " + line.strip() + " [SEP]", add_special_tokens=False))
with open(sys.argv[3], "wb") as file:
    pickle.dump([np.uint16(ids) for ids in encoded], file, protocol=pickle.HIGHEST_PROTOCOL)
print(time.monotonic() - began, peak_memory_mib())
"""


class Result(NamedTuple):
    """10^6 bytes of text a second, and peak memory in MiB."""

    speed: float
    memory: float


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument(
        "texts", nargs="+", type=Path, help="UTF-8, one sentence a line; joined, and repeated to --mb"
    )
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of a published tokenizer")
    arguments.add_argument("--mb", type=int, default=50, help="10^6 bytes of text of the timed jobs")
    arguments.add_argument("--reference-mb", type=int, default=5, help="of them, for the reference")
    arguments.add_argument("--ancestor-mb", type=int, default=0, help="of them, for the ancestor; 0: leave it out")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--all", action="store_true", help="compare all ids of all texts with the reference's")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare_tokenizer(arguments.tokenizer, Normalization(), place / "tokenizer")
        tokenizer = load_tokenizer(place / "tokenizer")
        if arguments.all:
            for text in arguments.texts:
                print(compared(text, place, tokenizer), flush=True)
        manifest = joined(arguments.texts, arguments.mb * 10**6, place)
        rounds = [measured(manifest, place, tokenizer, arguments) for _ in range(arguments.rounds)]
        best = {name: max((found[name] for found in rounds), key=lambda result: result.speed) for name in rounds[0]}
        report(best)


def measured(
    manifest: Path, place: Path, tokenizer: LoadedTokenizer, arguments: argparse.Namespace
) -> dict[str, Result]:
    found = {"reference": reference(manifest, tokenizer, arguments.reference_mb)}
    found["shards"] = jobs(manifest, place, 1)
    found["two at a time"] = jobs(manifest, place, 2)
    if arguments.ancestor_mb:
        found["ancestor"] = ancestor(manifest, place, arguments.ancestor_mb)
    return found


def report(best: dict[str, Result]) -> None:
    print("| | MB/s | to reference | to ancestor | peak memory |\n|---|---|---|---|---|")
    for name, result in best.items():
        to_reference = result.speed / best["reference"].speed
        to_ancestor = f"{result.speed / best['ancestor'].speed:.1f}" if "ancestor" in best else ""
        memory = f"{result.memory:.0f} MiB" if result.memory else ""
        print(f"| {name} | {result.speed:.2f} | {to_reference:.2f} | {to_ancestor} | {memory} |")
    print(f"Two at a time are {best['two at a time'].speed / best['shards'].speed:.2f} times as fast as one.")
    for cores, speed in (
        (2, best["two at a time"].speed),
        *((n, n / 2 * best["two at a time"].speed) for n in (16, 64)),
    ):
        print(f"18.4 GB on {cores} cores, computed from two at a time: {CORPUS_BYTES / speed / 6e7:.1f} minutes")


def joined(texts: Sequence[Path], size: int, place: Path) -> Path:
    """A source of one file: the texts, repeated to about `size` bytes of whole lines; returns its manifest."""
    path = place / "text" / "text.txt"
    path.parent.mkdir()
    with path.open("wb") as file:
        while file.tell() < size:
            for text in texts:
                for line in text.open("rb"):
                    file.write(line if line.endswith(b"\n") else line + b"\n")
                    if file.tell() >= size:
                        break
    return manifest_of(path, place / "text.json")


def manifest_of(path: Path, manifest: Path) -> Path:
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}}
    manifest.write_text(json.dumps({"files": files}))
    return manifest


def reference(manifest: Path, tokenizer: LoadedTokenizer, megabytes: int) -> Result:
    path = manifest.with_suffix("") / "text.txt"
    with path.open("rb") as file:
        blocks = islice(read_blocks(file, ByteRange(0, path.stat().st_size)), max(1, megabytes * 10**6 // 2**20))
        parts = [(len(block.content), lines_of(file, block, nfc=tokenizer.nfc)[0]) for block in blocks]
    tokenizer.tokenizer.encode_special_tokens = True
    began = time.monotonic()
    for _, lines in parts:
        tokenizer.tokenizer.encode_batch_fast(lines, add_special_tokens=False)
    return Result(sum(size for size, _ in parts) / 1e6 / (time.monotonic() - began), 0)


def jobs(manifest: Path, place: Path, number: int) -> Result:
    """`number` jobs at a time, each making one shard of the whole text; the starting of Python is counted."""
    began = time.monotonic()
    running = [subprocess.Popen(command(manifest, place, job)) for job in range(number)]
    if any(job.wait() for job in running):
        sys.exit("a tokenizing job failed")
    seconds = time.monotonic() - began
    records = [json.loads((place / f"{job}.json").read_text()) for job in range(number)]
    size = number * (manifest.with_suffix("") / "text.txt").stat().st_size
    return Result(size / 1e6 / seconds, max(record["peak_memory_mib"] for record in records))


def command(manifest: Path, place: Path, job: int) -> list[str]:
    outputs = ["--output", place / f"{job}.safetensors", "--record", place / f"{job}.json"]
    part = ["--file", "text.txt", "--name", "text", "--shard", 0, "--shards", 1]
    words = ["--source", manifest, "--tokenizer", place / "tokenizer", "--settings", "{}", *part, *outputs]
    return [sys.executable, str(SCRIPTS / "tokenize_shard.py"), *map(str, words)]


def ancestor(manifest: Path, place: Path, megabytes: int) -> Result:
    part = place / "part.txt"
    with (manifest.with_suffix("") / "text.txt").open("rb") as file:
        part.write_bytes(b"".join(file.readlines(megabytes * 10**6)))
    words = [sys.executable, "-c", ANCESTOR, place / "tokenizer", part, place / "part.pickle"]
    ran = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    seconds, memory = map(float, ran.stdout.split())
    return Result(part.stat().st_size / 1e6 / seconds, memory)


def compared(text: Path, place: Path, tokenizer: LoadedTokenizer) -> str:
    """Make one shard of `text`, and compare all its ids with those of the reference under the same rules."""
    (place / "one").mkdir(exist_ok=True)
    link = place / "one" / "text.txt"
    link.unlink(missing_ok=True)
    link.symlink_to(text.resolve())
    manifest = manifest_of(link, place / "one.json")
    subprocess.run(command(manifest, place, 0), check=True)
    shard = open_shard(place / "0.safetensors")
    tokens, lengths = expected(text, tokenizer)
    same = np.array_equal(shard.tokens, tokens) and np.array_equal(np.diff(shard.offsets), lengths)
    verdict = "all equal to the reference's" if same else "DIFFERENT from the reference's"
    return f"{text.name}: {shard.tokens.size} ids of {lengths.size} sequences by {shard.metadata['engine']}, {verdict}"


def expected(text: Path, tokenizer: LoadedTokenizer) -> tuple[np.ndarray, np.ndarray]:
    engine, rules, made = reference_engine(tokenizer), SequenceRules(), []
    with text.open("rb") as file:
        for block in read_blocks(file, ByteRange(0, text.stat().st_size)):
            tokens, lengths = engine.encode(lines_of(file, block, nfc=tokenizer.nfc)[0])
            made.append(make_sequences(tokens, tokenizer.unknown(tokens), lengths, rules, tokenizer.template))
    return concatenated(part.tokens for part in made), concatenated(part.lengths for part in made)


def concatenated(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(chain([np.empty(0, np.int64)], parts)))


if __name__ == "__main__":
    start(main, parser())
