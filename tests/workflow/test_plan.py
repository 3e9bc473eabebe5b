"""`snakemake -n` on the thesis, with nothing downloaded: what it plans."""

import re

import pytest

EXPECTED = {
    "finetune": 56,
    "predict": 64,
    "score": 64,
    "time_inference": 7,
    "initialize_student": 1,
    "distil_segment": 88,
    "export_student": 1,
    "convert_model": 8,
    "prepare_tokenizer": 2,
    "tokenize_shard": 77,
    "count_tokens": 1,
    "read_examples": 21,
    "assemble_tables": 1,
}


def planned(output: str) -> dict[str, int]:
    """Job counts by rule, read from the table that Snakemake prints."""
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", output, re.MULTILINE)}


def test_the_whole_thesis_is_planned_with_nothing_downloaded(snakemake) -> None:
    ran = snakemake("results/tables.tex", "-n", "--quiet", "rules")
    assert ran.returncode == 0, ran.stderr
    jobs = planned(ran.stdout + ran.stderr)
    assert {rule: jobs.get(rule) for rule in EXPECTED} == EXPECTED


def test_the_parse_imports_neither_torch_nor_transformers(snakemake, checkout) -> None:
    blocked = "import sys\nsys.modules['torch'] = None\nsys.modules['transformers'] = None\n"
    (checkout / "workflow" / "sitecustomize.py").write_text(blocked)
    assert snakemake("results/tables.tex", "-n", "--quiet", "all").returncode == 0


def test_more_seeds_are_more_runs(snakemake, checkout) -> None:
    (checkout / "seeds.yaml").write_text("seeds: [42, 43, 44]")
    ran = snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "seeds.yaml")
    assert planned(ran.stdout + ran.stderr)["finetune"] == 168


def test_missing_local_data_ends_a_real_run_before_its_first_job(snakemake, checkout) -> None:
    ran = snakemake("results/tables.tex", "--cores", "1", "--config", "offline=True")
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "Traceback" not in output
    for source in ("s_albert_base_v2", "s_albert_base_v3", "mldoc"):
        assert f"sources.{source}: data/{source} does not exist" in output
    assert not (checkout / "results" / "sources").exists()


@pytest.mark.parametrize(("setting", "message"), [("sedes=[1]", "sedes: unknown key"), ("seeds=[a]", "seeds.0")])
def test_a_wrong_configuration_ends_with_one_message(snakemake, setting: str, message: str) -> None:
    ran = snakemake("results/tables.tex", "-n", "--config", setting)
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert message in output
    assert "Traceback" not in output
