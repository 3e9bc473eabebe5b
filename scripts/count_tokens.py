"""Count the tokens of all shards of a corpus, and report what became of its lines and how long its sequences are.

Example:
    python scripts/count_tokens.py --shards results/corpus/suc/beto/*-????.safetensors \\
        --tokenizer results/tokenizers/beto \\
        --output results/corpus/suc/beto/token_counts.safetensors --report results/corpus/suc/beto/corpus_report.csv \\
        --lengths results/corpus/suc/beto/sequence_lengths.csv
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--shards", required=True, type=Path, nargs="+", help="all shards of the corpus")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the tokenizer they were made with")
    arguments.add_argument("--max-unk-rate", type=float, default=0.2, help="share of UNK over which to stop")
    arguments.add_argument("--output", required=True, type=Path, help="token counts to write (safetensors)")
    arguments.add_argument("--report", required=True, type=Path, help="table of the shards to write (CSV)")
    arguments.add_argument("--lengths", required=True, type=Path, help="table of sequence lengths to write (CSV)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.corpus.counts import count_tokens, write_token_counts
    from distilbeto.corpus.lengths import length_counts, write_lengths
    from distilbeto.corpus.report import check_complete, check_unk_rate, report_rows, write_report
    from distilbeto.corpus.shards import open_shards
    from distilbeto.storage.provenance import Stopwatch, provenance
    from distilbeto.tokenizer import load_tokenizer

    stopwatch, tokenizer = Stopwatch(), load_tokenizer(arguments.tokenizer)
    shard_set = open_shards(arguments.shards, tokenizer.fingerprint)
    check_complete(shard_set.shards)
    rows = report_rows(shard_set.shards)
    check_unk_rate(rows[-1], arguments.max_unk_rate)
    counts = count_tokens(shard_set, tokenizer.vocab_size)
    record = provenance({"max_unk_rate": arguments.max_unk_rate}, stopwatch)
    write_token_counts(arguments.output, counts, shard_set, tokenizer.fingerprint, record)
    write_report(arguments.report, rows)
    write_lengths(arguments.lengths, length_counts(shard_set.shards))


if __name__ == "__main__":
    start(main, parser())
