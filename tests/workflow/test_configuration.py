"""The files of the configuration as Snakemake is given them: in their order, each read strictly, a part of them run."""

import json
from pathlib import Path

import pytest
import yaml
from tests.conftest import Snakemake, planned_jobs

TABLES = ("results/tables.tex", "-n", "--quiet", "rules")
MINE = """
sources: {mine: {location: path/to/folder}}
tokenizers: {mine: {source: mine, lowercase: true, strip_accents: false}}
models:
  mine:
    name: Mine
    source: mine
    tokenizer: mine
    architecture: {model_type: bert, hidden_size: 128, num_hidden_layers: 2, num_attention_heads: 2,
      intermediate_size: 512, max_position_embeddings: 128}
finetuning: {rows: [{task: ner, model: default, max_length: 128}]}
"""
PART = {
    "fetch": 4,
    "prepare_tokenizer": 1,
    "convert_model": 1,
    "read_examples": 3,
    "encode": 3,
    "finetune": 1,
    "predict": 1,
    "score": 1,
    "time_inference": 1,
    "export_onnx": 1,
    "time_onnx": 2,
    "predict_onnx": 2,
    "score_onnx": 2,
    "tabulate_data_sets": 1,
    "assemble_tables": 1,
}


def refused(snakemake: Snakemake, *arguments: str) -> str:
    """What a plan says that cannot be made."""
    ran = snakemake(*arguments)
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0, output
    assert "Traceback" not in output, output
    return output


def test_a_key_that_stands_twice_is_refused_in_any_file(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text("sources:\n  a: {location: x}\nseeds: [1]\nsources:\n  b: {location: y}\n")
    with (checkout / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("\noffline: true\n")
    lines = len((checkout / "config.yaml").read_text(encoding="utf-8").splitlines())
    output = refused(snakemake, *TABLES, "--configfile", "mine.yaml")
    assert "mine.yaml: sources, on line 1 and on line 4" in output
    assert f"and on line {lines}" in output


def test_a_part_plans_what_it_needs_and_nothing_else(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(MINE, encoding="utf-8")
    assert "length 384 for mlqa, but models.mine takes 128" in refused(snakemake, *TABLES, "--configfile", "mine.yaml")
    only = ("--config", "only={models: [mine], tasks: [ner]}", "--configfile", "mine.yaml")
    assert planned_jobs(snakemake(*TABLES, *only)) == PART
    figures = planned_jobs(snakemake("figures", "-n", "--quiet", "rules", *only))
    assert {rule for rule in figures if rule.startswith("plot")} == {"plot_tradeoff"}


def test_a_part_of_the_seeds(snakemake: Snakemake, checkout: Path) -> None:
    """Without the first, whose models are exported, nothing is exported."""
    seeds = ("--config", "seeds=[42, 43, 44]", "only={seeds: [43], models: [distilbeto], tasks: [ner]}")
    jobs = planned_jobs(snakemake(*TABLES, *seeds))
    assert (jobs["finetune"], jobs["score"], jobs["time_inference"]) == (1, 1, 1)
    assert "export_onnx" not in jobs


def test_a_part_changes_no_job_of_the_whole(snakemake: Snakemake, checkout: Path) -> None:
    """The command of a fine-tuning, settings and all, is the same."""
    target = "results/finetuned/s_albert_tiny/ner/seed-42/run.json"
    plan = (target, "-n", "-p", "--forcerun", "finetune", "--config")
    whole, part = (
        snakemake(*plan, only).stdout for only in ("only={}", "only={tasks: [ner], models: [s_albert_tiny]}")
    )
    commands = [[line for line in text.splitlines() if "scripts/finetune.py" in line] for text in (whole, part)]
    assert commands[0] == commands[1] != []


def test_files_are_laid_over_each_other_in_their_order(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "one.yaml").write_text("models: {s_albert_large: null, s_albert_xlarge: null}\nseeds: [1, 2]\n")
    (checkout / "two.yaml").write_text("tasks: {tar: null}\nseeds: [3]\n")
    jobs = planned_jobs(snakemake(*TABLES, "--configfile", "one.yaml", "two.yaml"))
    assert (jobs["finetune"], jobs["score"]) == (6 * 6, 6 * 6)
    assert planned_jobs(snakemake(*TABLES, "--configfile", "two.yaml", "one.yaml"))["finetune"] == 6 * 6 * 2
    assert planned_jobs(snakemake(*TABLES, "--configfile", "one.yaml", "--config", "seeds=[7]"))["finetune"] == 6 * 7


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ("results: mis resultados", "results: the folder of results stands in commands"),
        ("models: {my model: {}}", "models.my model: a name stands in paths and commands"),
        ("tasks: {'c|d': {}}", "tasks.c|d: a name stands in paths and commands"),
        ("models: {distilbeto: {name: BERT_base}}", r"write 'BERT\_base'"),
        ("models: {beto_uncased: null}", "students.distilbeto.teacher: beto_uncased is taken out"),
    ],
)
def test_what_no_job_could_do_is_refused_in_the_plan(
    snakemake: Snakemake, checkout: Path, overlay: str, expected: str
) -> None:
    (checkout / "mine.yaml").write_text(overlay, encoding="utf-8")
    assert expected in refused(snakemake, *TABLES, "--configfile", "mine.yaml")


def test_names_that_are_taken_run(snakemake: Snakemake, checkout: Path) -> None:
    """Characters that regular expressions or shells have a use for, from the plan to a file that is made."""
    (checkout / "año-1").mkdir()
    (checkout / "año-1/a.tsv").write_text("pos\tMuy bueno.\nneg\tMuy caro.\n", encoding="utf-8")
    (checkout / "mine.yaml").write_text(
        "results: out/c++_año\n"
        "sources: {c++: {location: año-1}}\n"
        "datasets: {reseñas-v1.1+: {reader: mldoc, source: c++, file: a.tsv}}\n",
        encoding="utf-8",
    )
    made = "out/c++_año/examples/reseñas-v1.1+.json"
    ran = snakemake(made, "--cores", "1", "--configfile", "mine.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert json.loads((checkout / made).read_text(encoding="utf-8"))["labels"] == {"neg": 1, "pos": 1}


def test_a_run_records_the_configuration_as_merged(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(
        "models: {s_albert_large: null}\nfinetuning: {rows: [{task: ner, model: distilbeto, epochs: 9}]}\n"
    )
    given = ("--configfile", "mine.yaml", "--cores", "1")
    ran = snakemake("results/configuration.yaml", *given)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in ("configuration.yaml", "last_run.json"):
        record = yaml.safe_load((checkout / "results" / name).read_text(encoding="utf-8"))
        configuration = record.get("configuration", record)
        rows = [
            row for row in configuration["finetuning"]["rows"] if (row["task"], row["model"]) == ("ner", "distilbeto")
        ]
        assert [row["epochs"] for row in rows] == [9]
        assert "s_albert_large" not in configuration["models"]
    again = ("--configfile", "results/configuration.yaml", "--replace-workflow-config")
    assert planned_jobs(snakemake(*TABLES, *again))["finetune"] == 49, "not laid over config.yaml once more"
