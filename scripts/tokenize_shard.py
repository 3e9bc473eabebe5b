"""Tokenize one byte range of a corpus file into a shard.

A line belongs to the shard in which it begins. The file's size and checksum come from the manifest of its source.

Example:
    python scripts/tokenize_shard.py --settings '{"max_tokens": 512, "min_tokens": 12}' \\
        --source results/sources/suc.json --file wiki.txt --name wiki \\
        --shard 0 --shards 40 --tokenizer results/tokenizers/beto \\
        --output results/corpus/suc/beto/wiki-0000.safetensors --record results/corpus/suc/beto/wiki-0000.json
"""

import argparse
import os
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="the corpus's block `sequences` of config.yaml, as JSON")
    arguments.add_argument("--source", required=True, type=Path, help="manifest of the source (files beside it)")
    arguments.add_argument("--file", required=True, help="UTF-8 text, one sentence a line: its path in the source")
    arguments.add_argument("--name", required=True, help="short name of the file in paths of results")
    arguments.add_argument("--shard", required=True, type=int, help="number of the shard, from 0")
    arguments.add_argument("--shards", required=True, type=int, help="how many shards the file is cut into")
    arguments.add_argument("--tokenizer", required=True, type=Path, help="folder of the prepared tokenizer")
    arguments.add_argument("--output", required=True, type=Path, help="shard to write (safetensors)")
    arguments.add_argument("--record", required=True, type=Path, help="provenance of the shard to write (JSON)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # the other shards keep the other cores busy

    from distilbeto.corpus.settings import SequenceRules
    from distilbeto.corpus.tokenize import text_file, tokenize_shard
    from distilbeto.storage.files import write_json
    from distilbeto.storage.provenance import Stopwatch, provenance
    from distilbeto.tokenizer import load_tokenizer

    stopwatch = Stopwatch()
    rules = parse_settings(SequenceRules, arguments.settings)
    text = text_file(arguments.source, arguments.file, arguments.name)
    tokenizer = load_tokenizer(arguments.tokenizer)
    tokenize_shard(text, arguments.shard, arguments.shards, tokenizer=tokenizer, rules=rules, output=arguments.output)
    # Apart from the shard, whose bytes are the same each time.
    write_json(arguments.record, provenance(rules.model_dump(), stopwatch))


if __name__ == "__main__":
    start(main, parser())
