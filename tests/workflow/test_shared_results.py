"""Costly results that follow from their inputs alone, shared between checkouts where a person asks for it."""

import re
import shutil
from pathlib import Path

import pytest
from tests.conftest import ROOT, copy_checkout, snakemake_in

SMALL = ["--workflow-profile", "profiles/demo", "--configfile", "profiles/demo/miniature.yaml", "small.yaml"]
TARGETS = [
    "results/demo/corpus/spanish_corpora/beto_uncased/token_counts.safetensors",
    "results/demo/features/s_albert/ner_test-ner-96.safetensors",
    "results/demo/models/s_albert_tiny/model.safetensors",
]


def run(folder: Path) -> Path:
    """Make the three targets in a checkout."""
    shutil.copy2(ROOT / "tests/slurm/small.yaml", folder)
    ran = snakemake_in(folder, *SMALL, "--cache", "--", *TARGETS, prefork=True)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-5000:]
    return folder


def shared(cache: Path) -> dict[str, int]:
    """Every file that is shared, and when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in cache.iterdir()}


def test_a_second_checkout_takes_what_the_first_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [tmp_path / name for name in ("cache", "first", "second")]
    for folder in folders:
        folder.mkdir()
    cache, first, second = folders
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(cache))
    run(copy_checkout(first))
    after_first = shared(cache)
    assert len(after_first) == 2 * 3 + 3 + 1 + 3, (
        "shards and their records, what is counted of them, features, the files of a model"
    )
    run(copy_checkout(second))
    assert shared(cache) == after_first
    for target in TARGETS:
        assert (second / target).resolve() == (first / target).resolve()
        assert (second / target).resolve().parent == cache
    shards = {path.resolve() for path in (second / "results/demo/corpus").rglob("*-????.safetensors")}
    assert len(shards) == 3, "one is not taken for another"


def test_without_being_asked_nothing_is_shared(checkout: Path) -> None:
    """Nor is anything said of it."""
    ran = snakemake_in(checkout, "-n", "--quiet", "rules", "--", "results/tables.tex")
    assert not re.search("cach", ran.stdout + ran.stderr, re.IGNORECASE)
