"""Which tokens are targets under each rule of masking, on real text: how many, how frequent, in which sequences.

    published  DistilBERT's code, and the thesis's run: 15 % of a micro-batch of 16 sequences of like length, rounded
               up, a weighted sample without replacement
    sequence   15 % of each sequence, rounded up (masking.drawn_over, the default)
    corpus     each token by itself, with the probability that gives the corpus 15 %

P(target) is by how often a token is in the corpus: the most frequent tokens that make a quarter of the text, and so on.

Example:
    PYTHONPATH=workflow python tests/benchmarks/masking.py --tokenizer $DISTILBETO_REAL_DATA/tokenizers/beto-uncased \\
        --text $DISTILBETO_REAL_DATA/corpus/fortunes-es.txt $DISTILBETO_REAL_DATA/corpus/eltec_spa.txt
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from plain_loop import groups_of_like_length

from distilbeto.corpus.counts import count_tokens
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shards import open_shards, sequences
from distilbeto.corpus.tokenize import TextFile, tokenize_shard
from distilbeto.distillation.masking import IGNORED, TargetSampler, mask_sequences, target_sampler
from distilbeto.distillation.settings import Masking
from distilbeto.job.cli import argument_parser, start
from distilbeto.storage.files import sha256_of
from distilbeto.tokenizer import load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--text", type=Path, required=True, nargs="+", help="real text, one sentence a line")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of BETO's published tokenizer")
    arguments.add_argument("--sequences", type=int, default=64_000, help="at most (default: %(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    heads = "| text | tokens a sequence | rule | targets | sequences without | P(target) by quarters of the text |"
    print(f"{heads}\n|{'---|' * 6}")
    with tempfile.TemporaryDirectory() as folder:
        prepare_tokenizer(arguments.tokenizer, Normalization(), Path(folder) / "tokenizer")
        for text in arguments.text:
            measure(text, Path(folder), arguments.sequences)


def measure(text: Path, folder: Path, most: int) -> None:
    tokenizer, shard = load_tokenizer(folder / "tokenizer"), folder / f"{text.stem}-0000.safetensors"
    file = TextFile(text, "text", text.stat().st_size, sha256_of(text))
    tokenize_shard(file, 0, 1, tokenizer=tokenizer, rules=SequenceRules(), output=shard)
    shard_set = open_shards([shard], tokenizer.fingerprint)
    counts = count_tokens(shard_set, tokenizer.vocab_size)
    groups = groups_of_like_length(np.diff(shard_set.shards[0].offsets).astype(np.int64), most)
    numbers = np.concatenate(groups)
    rows = [np.asarray(row, np.int64) for row in sequences(shard_set, numbers)]
    tokens, lengths = np.concatenate(rows), np.array([row.size for row in rows])
    samplers = {
        rule: target_sampler(Masking(drawn_over=rule), counts, tokenizer, 42) for rule in ("sequence", "corpus")
    }
    found = {"published": published(samplers["sequence"], rows, len(groups))}
    for rule, sampler in samplers.items():
        found[rule] = mask_sequences(sampler, rows, np.zeros_like(numbers), numbers).labels != IGNORED
    quarters = quarters_of(counts, samplers["sequence"].weights)[tokens]
    for rule, targets in found.items():
        without = (np.add.reduceat(targets, np.cumsum(lengths) - lengths) == 0).mean()
        chances = ", ".join(f"{100 * targets[quarters == quarter].mean():.1f}" for quarter in range(4))
        print(f"| {text.stem} | {lengths.mean():.1f} | {rule} | {100 * targets.mean():.2f} %", end=" ")
        print(f"| {100 * without:.1f} % | {chances} % |", flush=True)


def published(sampler: TargetSampler, rows: list[NDArray[np.int64]], groups: int) -> NDArray[np.bool_]:
    """Whether each token is a target, drawn by torch.multinomial in micro-batches, as the published code does."""
    torch.manual_seed(1)
    found = []
    for group in np.array_split(np.arange(len(rows)), groups):
        tokens = np.concatenate([rows[row] for row in group])
        targets = np.zeros(tokens.size, bool)
        count = int(np.ceil(sampler.settings.mlm_probability * tokens.size))
        targets[torch.multinomial(torch.from_numpy(sampler.weights[tokens]), count).numpy()] = True
        found.append(targets)
    return np.concatenate(found)


def quarters_of(counts: NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Of each token of the vocabulary, frequent ones first, which quarter of the text it falls into; special ones 4."""
    ordinary = np.where(weights > 0, counts, 0)
    order = np.argsort(-ordinary, kind="stable")
    before = np.cumsum(ordinary[order]) - ordinary[order]
    quarters = np.full(counts.size, 4)
    quarters[order] = np.minimum(3, 4 * before // max(1, ordinary.sum()))
    return np.where(weights > 0, quarters, 4)


if __name__ == "__main__":
    start(main, parser())
