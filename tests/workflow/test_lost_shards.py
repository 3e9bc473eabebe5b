"""Shards are inputs of the first segment alone: what happens where they are gone for a later one."""

import re
from pathlib import Path

from tests.conftest import Snakemake

STATE = "results/students/distilbeto/step-{:07d}.safetensors"
CORPUS = "results/corpus/spanish_corpora/beto_uncased"


def make(checkout: Path, *files: str) -> None:
    """Files in the order of their times."""
    for file in files:
        path = checkout / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)


def test_a_later_segment_is_refused_and_the_first_waits_for_them(snakemake: Snakemake, checkout: Path) -> None:
    make(checkout, *(f"results/tokenizers/beto_uncased/{name}.json" for name in ("manifest", "tokenizer")))
    make(
        checkout,
        *(f"results/models/beto_uncased/{name}" for name in ("config.json", "model.safetensors", "manifest.json")),
    )
    make(checkout, f"{CORPUS}/token_counts.safetensors", STATE.format(0), STATE.format(1000))
    ran = snakemake("--cores", "1", "--allowed-rules", "distil_segment", "tokenize_shard", "--", STATE.format(2000))
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert f"{CORPUS}/opensubtitles2018-0000.safetensors, which the next segment reads, is gone (and 76 more)" in output
    assert "--forcerun count_tokens" in output
    assert "Traceback" not in output
    (checkout / STATE.format(1000)).unlink()
    ran = snakemake("-n", "--quiet", "rules", "--", STATE.format(2000))
    assert re.search(r"^tokenize_shard +77$", ran.stdout + ran.stderr, re.MULTILINE)
