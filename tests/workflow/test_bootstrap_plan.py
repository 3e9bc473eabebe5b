"""`finetuning.bootstrap`: each seed with its own samples of the data sets, and nothing else changed."""

import json
from collections import Counter
from pathlib import Path

from tests.conftest import Snakemake, planned_jobs

PART = "seeds: [4242, 4243]\nonly: {models: [distilbeto], tasks: [tar]}\n"
SCORES = "results/scores/distilbeto/tar/seed-4242/xquad.json"
TEXTS = "sources: {xquad: {location: xquad.es.json}}\nfinetuning: {bootstrap: true}\nseeds: [7]\n"


def test_each_seed_reads_its_own_samples(snakemake: Snakemake, checkout: Path) -> None:
    jobs = {}
    for bootstrap in ("false", "true"):
        (checkout / "mine.yaml").write_text(f"{PART}finetuning: {{bootstrap: {bootstrap}}}\n")
        ran = snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "mine.yaml")
        jobs[bootstrap] = Counter(planned_jobs(ran))
    jobs["true"].subtract(jobs["false"])
    # Four data sets, of which each seed encodes its own.
    assert {rule: count for rule, count in jobs["true"].items() if count} == {"draw_examples": 8, "encode": 4}


def test_training_prediction_and_score_read_the_same_sample(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(f"{PART}finetuning: {{bootstrap: true}}\n")
    ran = snakemake(SCORES, "-n", "-p", "--configfile", "mine.yaml")
    shown = ran.stdout + ran.stderr
    assert ran.returncode == 0, shown
    features = "results/features/beto_uncased/{}~4242-tar-384.safetensors"
    for option, path in (
        ("--train", features.format("tar_train")),
        ("--dev", features.format("tar_dev")),
        ("--dev-examples", "results/examples/tar_dev~4242.jsonl"),
        ("--features", features.format("xquad")),
        ("--examples", "results/examples/xquad~4242.jsonl"),
        ("--gold", "results/examples/xquad~4242.jsonl"),
    ):
        assert f"{option} '{path}'" in shown, option


def test_a_sample_is_drawn_from_the_data_set_as_read(snakemake: Snakemake, checkout: Path) -> None:
    answers = [{"text": "pan", "answer_start": 3}]
    questions = [{"id": str(number), "question": "¿Qué?", "answers": answers} for number in range(1190)]
    squad = {"version": "1.1", "data": [{"title": "", "paragraphs": [{"context": "Un pan.", "qas": questions}]}]}
    (checkout / "xquad.es.json").write_text(json.dumps(squad), encoding="utf-8")
    (checkout / "mine.yaml").write_text(TEXTS)
    ran = snakemake("results/examples/xquad~7.jsonl", "--cores", "1", "--configfile", "mine.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    record = json.loads((checkout / "results/examples/xquad~7.json").read_text(encoding="utf-8"))
    assert (record["dataset"], record["examples"]) == ("xquad~7", 1190)
