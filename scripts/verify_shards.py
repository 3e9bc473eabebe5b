"""Compare shards with the checksums that they carry: one line a shard, exit status 1 if one is damaged.

Example:
    python scripts/verify_shards.py results/corpus/suc/beto/*-????.safetensors
"""

import argparse
import sys
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("shards", type=Path, nargs="+", metavar="FILE", help="shard")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.corpus.shards import verify_shard
    from distilbeto.errors import UserError

    damaged = 0
    for path in arguments.shards:
        try:
            shard = verify_shard(path)
            print(f"whole    {path}: {shard.sequences} sequences, {shard.tokens.size} tokens")
        except UserError as error:
            damaged += 1
            print(f"damaged  {str(error).splitlines()[0]}")
    sys.exit(1 if damaged else 0)


if __name__ == "__main__":
    start(main, parser())
