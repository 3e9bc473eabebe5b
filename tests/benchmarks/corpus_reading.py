"""Reading shards: how fast tokens are counted, how soon a training starts in the middle, how much of it is padding.

    counting   bytes of a shard of the given text counted in a second; the best of several turns
    starting   the sequences of step 80,000 of a corpus of 120 million, from opening its shards: time, and peak memory
               of a process of its own. The shards are 75 times one of 1.6 million sequences, which hold no text.
    padding    share of padding in the micro-batches of a step of 4,096 sequences of the text, mean of several steps

Example:
    python tests/benchmarks/corpus_reading.py $DISTILBETO_REAL_DATA/corpus/eltec_spa.txt \\
        --tokenizer $DISTILBETO_REAL_DATA/tokenizers/beto-uncased
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from distilbeto.corpus.counts import count_shard
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shard_writer import write_shard
from distilbeto.corpus.shards import Shard, open_shard, open_shards, sequence_lengths
from distilbeto.corpus.tokenize import TextFile, tokenize_shard
from distilbeto.distillation.batches import cut
from distilbeto.distillation.order import split_corpus, training_sequences
from distilbeto.job.cli import argument_parser, start
from distilbeto.storage.files import sha256_of
from distilbeto.tokenizer import load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

SHARDS, SHARD_SEQUENCES, SEQUENCE_TOKENS = 75, 1_600_000, 24
STEP, STEP_SEQUENCES = 80_000, 4096
STARTING = """
import sys, time
from pathlib import Path
from distilbeto.corpus.shards import open_shards, sequence_lengths
from distilbeto.distillation.order import split_corpus, training_sequences
from distilbeto.storage.provenance import peak_memory_mib
shards, step, sequences_per_step = map(int, sys.argv[2:])
began = time.monotonic()
shard_set = open_shards([Path(sys.argv[1])] * shards, "none")
split = split_corpus(int(shard_set.starts[-1]), 1000, 42)
_, numbers = training_sequences(split, step, sequences_per_step)
sequence_lengths(shard_set, numbers)
print(time.monotonic() - began, peak_memory_mib())
"""


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("texts", nargs="+", type=Path, help="UTF-8, one sentence a line")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of a published tokenizer")
    arguments.add_argument("--rounds", type=int, default=5)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare_tokenizer(arguments.tokenizer, Normalization(), place / "tokenizer")
        shards = [shard_of(text, place) for text in arguments.texts]
        speed = max(counting(shards[0]) for _ in range(arguments.rounds))
        print(f"counting: {speed:.0f} MB/s, {shards[0].tokens.nbytes / 1e6:.0f} MB of tokens")
        seconds, memory = starting(place)
        print(f"starting at step {STEP:,} of {SHARDS * SHARD_SEQUENCES:,} sequences: {seconds:.2f} s, {memory:.0f} MiB")
        for shard in shards:
            padding(shard, arguments.rounds)


def shard_of(text: Path, place: Path) -> Shard:
    output = place / f"{text.stem}.safetensors"
    file = TextFile(text, text.stem, text.stat().st_size, sha256_of(text))
    tokenize_shard(file, 0, 1, tokenizer=load_tokenizer(place / "tokenizer"), rules=SequenceRules(), output=output)
    return open_shard(output)


def counting(shard: Shard) -> float:
    began = time.monotonic()
    count_shard(shard, shard.metadata["vocab_size"])
    return shard.tokens.nbytes / 1e6 / (time.monotonic() - began)


def starting(place: Path) -> tuple[float, float]:
    tokens = np.zeros(SHARD_SEQUENCES * SEQUENCE_TOKENS, np.uint16)
    offsets = np.arange(SHARD_SEQUENCES + 1, dtype=np.uint64) * np.uint64(SEQUENCE_TOKENS)
    write_shard(place / "empty.safetensors", tokens, offsets, {"tokenizer": "none", "vocab_size": 1})
    words = [sys.executable, "-c", STARTING, place / "empty.safetensors", str(SHARDS), str(STEP), str(STEP_SEQUENCES)]
    ran = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    seconds, memory = map(float, ran.stdout.split())
    return seconds, memory


def padding(shard: Shard, steps: int) -> None:
    shard_set = open_shards([shard.path], shard.metadata["tokenizer"])
    split = split_corpus(int(shard_set.starts[-1]), 0, 42)
    for micro_batch_tokens in (16_384, 8192, 4096):
        shares, numbers_of_groups = [], []
        for step in range(steps):
            lengths = sequence_lengths(shard_set, training_sequences(split, step, STEP_SEQUENCES)[1])
            groups = cut(lengths, micro_batch_tokens)
            shares.append(1 - lengths.sum() / sum(group.size * int(lengths[group[0]]) for group in groups))
            numbers_of_groups.append(len(groups))
        print(
            f"padding: {np.mean(shares):.2%} in {np.mean(numbers_of_groups):.0f} micro-batches of at most"
            f" {micro_batch_tokens:,} tokens a step, {shard.path.stem}, {lengths.mean():.0f} tokens a sequence"
        )


if __name__ == "__main__":
    start(main, parser())
