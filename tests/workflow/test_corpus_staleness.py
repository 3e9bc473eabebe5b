"""What a change of a corpus's text makes stale: a source is fetched and tokenized as a whole."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import Snakemake, planned_jobs

COUNTS = "results/corpus/mine/beto_uncased/token_counts.safetensors"
MINE = """
sources: {mine: {location: texts}}
corpora: {mine: {source: mine, shard_bytes: 1024}}
"""
RULES = ["fetch", "tokenize_shard", "count_tokens"]
OPTIONS = ["--configfile", "mine.yaml", "--allowed-rules", *RULES, "--", COUNTS]

# Stands in for the real programs: every file that an option names as an output is made.
PROGRAM = """
import sys
from pathlib import Path
for option, value in zip(sys.argv, sys.argv[1:]):
    if option in ("--output", "--record", "--report", "--lengths"):
        Path(value).write_text("made")
"""


@pytest.fixture
def texts(checkout: Path, snakemake: Snakemake) -> Path:
    """A folder with 3,000 and 1 bytes of text, that was tokenized and counted in four shards."""
    (checkout / "mine.yaml").write_text(MINE)
    for script in ("tokenize_shard", "count_tokens"):
        (checkout / f"scripts/{script}.py").write_text(PROGRAM)
    tokenizer = checkout / "results/tokenizers/beto_uncased/manifest.json"
    tokenizer.parent.mkdir(parents=True)
    tokenizer.write_text("{}")
    (checkout / "texts").mkdir()
    (checkout / "texts/new.txt").write_text("una frase\n" * 300)
    (checkout / "texts/old.txt").write_text("a")
    ran = snakemake("--cores", "1", *OPTIONS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return checkout / "texts"


@pytest.fixture
def planned(snakemake: Snakemake) -> Callable[[], dict[str, int]]:
    def plan() -> dict[str, int]:
        return planned_jobs(snakemake("-n", "--quiet", "rules", *OPTIONS))

    return plan


def test_text_that_was_only_touched_is_not_read_again(texts: Path, planned: Callable[[], dict[str, int]]) -> None:
    assert planned() == {}
    for path in texts.iterdir():
        os.utime(path)
    assert planned() == {}


def test_a_changed_file_makes_the_corpus_anew(texts: Path, planned: Callable[[], dict[str, int]]) -> None:
    (texts / "old.txt").write_text("b")
    assert planned() == {"fetch": 1, "tokenize_shard": 4, "count_tokens": 1}


def test_an_added_file_makes_the_corpus_anew(texts: Path, planned: Callable[[], dict[str, int]]) -> None:
    (texts / "other.txt").write_text("c")
    assert planned() == {"fetch": 1, "tokenize_shard": 5, "count_tokens": 1}


def test_a_lost_shard_is_made_again_where_something_reads_it(
    texts: Path, planned: Callable[[], dict[str, int]], checkout: Path
) -> None:
    folder = checkout / "results/corpus/mine/beto_uncased"
    (folder / "old-0000.safetensors").unlink()
    assert planned() == {}, "the counts are there"
    (folder / "token_counts.safetensors").unlink()
    assert planned() == {"tokenize_shard": 1, "count_tokens": 1}
