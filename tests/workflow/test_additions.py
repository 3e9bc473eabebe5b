"""As docs/finetuning.md shows it: a data set in a table takes lines of configuration, a new format one file."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from tests.conftest import Snakemake, planned_jobs
from tests.documentation import block

EXAMPLES = "results/examples/reviews_train.json"
REVIEWS = "sources:\n      reviews"
OWN = "datasets:\n      reviews_train: {reader: readers/"
READER = "readers/pairs_in_json.py"


def planned(snakemake: Snakemake, target: str, *overlays: str) -> Counter[str]:
    given = ["--configfile", *overlays] if overlays else []
    return Counter(planned_jobs(snakemake(target, "-n", "--quiet", "rules", *given)))


def read(snakemake: Snakemake, checkout: Path) -> dict[str, Any]:
    ran = snakemake(EXAMPLES, "--cores", "1", "--configfile", "mine.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    manifest: dict[str, Any] = json.loads((checkout / EXAMPLES).read_text(encoding="utf-8"))
    return manifest


def test_a_task_is_lines_of_configuration(snakemake: Snakemake, checkout: Path) -> None:
    before = planned(snakemake, "results/tables.tex")
    (checkout / "mine.yaml").write_text(block(REVIEWS), encoding="utf-8")
    more = planned(snakemake, "results/tables.tex", "mine.yaml")
    more.subtract(before)
    expected = {"fetch": 1, "read_examples": 3, "encode": 6, "finetune": 8, "predict": 8, "score": 8}
    assert {rule: count for rule, count in more.items() if count} == expected

    folder = checkout / "path/to/reviews"
    folder.mkdir(parents=True)
    rows = 'pos,"Muy bueno, señora."\nneg,¡Qué caro!\n' * 2000
    (folder / "train.csv").write_text(f"opinion,review\n{rows}", encoding="utf-8")
    manifest = read(snakemake, checkout)
    assert (manifest["examples"], manifest["labels"]) == (4000, {"pos": 2000, "neg": 2000})


def test_a_new_format_is_one_file(snakemake: Snakemake, checkout: Path) -> None:
    """And a change of what it does is a change of the data set."""
    sources = {"sources": yaml.safe_load(block(REVIEWS))["sources"]}
    (checkout / "mine.yaml").write_text(yaml.safe_dump(sources | yaml.safe_load(block(OWN))), encoding="utf-8")
    (checkout / "path/to/reviews").mkdir(parents=True)
    pair = {"premise": "Llueve.", "hypothesis": "Hay nubes.", "label": "entailment"}
    (checkout / "path/to/reviews/train.jsonl").write_text(json.dumps(pair) + "\n", encoding="utf-8")
    reader = checkout / READER
    reader.parent.mkdir()
    reader.write_text(block('"""Pairs in JSON Lines'), encoding="utf-8")
    assert read(snakemake, checkout)["labels"] == {"entailment": 1}

    reader.write_text("# a comment\n" + reader.read_text(encoding="utf-8"), encoding="utf-8")
    assert not planned(snakemake, EXAMPLES, "mine.yaml")
    reader.write_text(reader.read_text(encoding="utf-8").replace("str(number)", "f'row {number}'"), encoding="utf-8")
    assert planned(snakemake, EXAMPLES, "mine.yaml")["read_examples"] == 1
