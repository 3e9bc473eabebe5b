"""`snakemake -n` on the thesis, with nothing downloaded: what it plans."""

import gzip
import re
from pathlib import Path

import pytest
import yaml
from tests.conftest import Snakemake, planned_jobs
from tests.documentation import configurations

from distilbeto.plan.lock import hold

EXPECTED = {
    "finetune": 56,
    "predict": 64,
    "score": 64,
    "time_inference": 7,
    "export_onnx": 7,
    "time_onnx": 14,
    "score_onnx": 12,
    "initialize_student": 1,
    "distil_segment": 88,
    "export_student": 1,
    "convert_model": 8,
    "prepare_tokenizer": 2,
    "tokenize_shard": 77,
    "count_tokens": 1,
    "read_examples": 21,
    "tabulate_data_sets": 1,
    "assemble_tables": 1,
}


def test_the_whole_thesis_is_planned_with_nothing_downloaded(thesis_plan) -> None:
    jobs = planned_jobs(thesis_plan)
    assert {rule: jobs.get(rule) for rule in EXPECTED} == EXPECTED


def test_tokenizers_of_fine_tuned_models_are_made_on_request(snakemake, thesis_plan) -> None:
    assert "export_finetuned" not in planned_jobs(thesis_plan)
    assert planned_jobs(snakemake("finetuned", "-n", "--quiet", "rules"))["export_finetuned"] == 56


def test_the_parse_imports_neither_torch_nor_transformers(snakemake, checkout) -> None:
    blocked = "import sys\nsys.modules['torch'] = None\nsys.modules['transformers'] = None\n"
    (checkout / "workflow" / "sitecustomize.py").write_text(blocked)
    assert snakemake("results/tables.tex", "-n", "--quiet", "all").returncode == 0


def test_more_seeds_are_more_runs(snakemake, checkout) -> None:
    (checkout / "seeds.yaml").write_text("seeds: [42, 43, 44]")
    ran = snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "seeds.yaml")
    assert planned_jobs(ran)["finetune"] == 168


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


COUNTS = "results/corpus/mine/beto_uncased/token_counts.safetensors"
MINE = """
sources: {mine: {location: texts}}
corpora: {mine: {source: mine, shard_bytes: 1024}}
"""


@pytest.fixture
def texts(checkout: Path) -> Path:
    """A corpus of one's own: three lines of configuration and a folder with 3,000 and 1 bytes of text."""
    (checkout / "mine.yaml").write_text(MINE)
    (checkout / "texts" / "old").mkdir(parents=True)
    (checkout / "texts" / "new.txt").write_text("una frase\n" * 300)
    (checkout / "texts" / "old" / "es.txt").write_text("a")
    return checkout / "texts"


def shards_planned(snakemake: Snakemake) -> list[str]:
    """The shards that a dry run shows: file, shard, and of how many."""
    ran = snakemake(COUNTS, "-n", "--configfile", "mine.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    shards = re.findall(r"tokenize (\w+), shard (\d+) of (\d+)", ran.stdout + ran.stderr)
    return sorted(f"{file} {int(shard)}/{total}" for file, shard, total in shards)


def test_a_folder_of_text_is_planned_from_its_files(snakemake: Snakemake, texts: Path) -> None:
    assert shards_planned(snakemake) == ["new 0/3", "new 1/3", "new 2/3", "old_es 0/1"]


def test_a_corpus_is_planned_from_bytes_with_nothing_there(snakemake: Snakemake, checkout: Path) -> None:
    listed = (
        "{source: mine, shard_bytes: 1024, files: [{file: a.txt, bytes: 2000}, {name: b, file: x/b.txt, bytes: 1}]}"
    )
    (checkout / "mine.yaml").write_text(f"sources: {{mine: {{location: nowhere}}}}\ncorpora: {{mine: {listed}}}\n")
    assert shards_planned(snakemake) == ["a 0/2", "a 1/2", "b 0/1"]


def test_more_shards_than_a_command_can_name_are_refused(snakemake: Snakemake, checkout: Path) -> None:
    """Not by the shell, after all of them were made."""
    listed = "{source: mine, shard_bytes: 1024, files: [{file: a.txt, bytes: 4000000}]}"
    (checkout / "mine.yaml").write_text(f"sources: {{mine: {{location: nowhere}}}}\ncorpora: {{mine: {listed}}}\n")
    ran = snakemake(COUNTS, "-n", "--configfile", "mine.yaml")
    assert ran.returncode == 1
    assert "corpora.mine: 3,907 shards are more than a command can name: raise shard_bytes" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


def test_more_seeds_than_a_command_can_name_are_refused(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "seeds.yaml").write_text(f"seeds: {list(range(10, 27))}")
    fits = snakemake("results/tables.tex", "-n", "-p", "--configfile", "seeds.yaml")
    assert fits.returncode == 0, fits.stdout[-2000:] + fits.stderr[-2000:]
    (command,) = re.findall(r"python scripts/assemble_tables\.py .*", fits.stdout + fits.stderr)
    assert len(command.encode()) < 2**17
    (checkout / "seeds.yaml").write_text(f"seeds: {list(range(10, 28))}")
    ran = snakemake("results/tables.tex", "-n", "--configfile", "seeds.yaml")
    assert ran.returncode == 1
    assert "the results of 18 seeds are more than a command can name: take fewer seeds" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr


def test_compressed_text_is_planned_once_it_is_fetched(snakemake: Snakemake, texts: Path) -> None:
    """The plan without a manifest is refused in a few lines that say what to do, and that can then be done."""
    (texts / "new.txt.gz").write_bytes(gzip.compress((texts / "new.txt").read_bytes()))
    (texts / "new.txt").unlink()
    ran = snakemake(COUNTS, "-n", "--configfile", "mine.yaml")
    assert ran.returncode == 1
    assert "corpora.mine: the size of new.txt is not known yet" in ran.stderr
    assert "snakemake --cores 1 results/sources/mine.json" in ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    fetched = snakemake("--cores", "1", "results/sources/mine.json", "--configfile", "mine.yaml")
    assert fetched.returncode == 0, fetched.stdout + fetched.stderr
    assert shards_planned(snakemake) == ["new 0/3", "new 1/3", "new 2/3", "old_es 0/1"]


def test_what_needs_no_shard_is_planned_without_their_sizes(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(MINE)
    ran = snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "mine.yaml")
    assert planned_jobs(ran)["tokenize_shard"] == EXPECTED["tokenize_shard"]


def test_figures_are_planned_on_request_and_no_table_needs_them(snakemake: Snakemake, thesis_plan) -> None:
    ran = snakemake("figures", "-n", "--quiet", "rules")
    jobs = planned_jobs(ran)
    assert {rule: jobs.get(rule) for rule in ("plot_sequence_lengths", "plot_training", "distil_segment")} == {
        "plot_sequence_lengths": 1,
        "plot_training": 1,
        "distil_segment": 88,
    }
    assert "plot" not in thesis_plan.stdout


def test_without_a_published_model_there_is_nothing_to_compare(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(configurations()["mine.yaml"])
    models = yaml.safe_load((checkout / "config.yaml").read_text(encoding="utf-8"))["models"]
    off = {"models": {model: {"measure": False, "latency": False} for model in models}}
    (checkout / "only.yaml").write_text(yaml.safe_dump(off))
    jobs = planned_jobs(snakemake("figures", "-n", "--quiet", "rules", "--configfile", "only.yaml", "mine.yaml"))
    assert jobs["finetune"] == 7
    assert jobs["plot_tradeoff"] == 1
    assert "plot_comparison" not in jobs


def test_a_second_run_on_the_same_results_is_refused(snakemake: Snakemake, checkout: Path) -> None:
    lock = hold(checkout / "results")
    ran = snakemake("--cores", "1", "--config", "offline=True", "--", "results/sources/beto_uncased.json")
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "results: another run is making these results" in output
    assert "Traceback" not in output
    assert not (checkout / "results/logs").exists()
    assert snakemake("-n", "--quiet", "all").returncode == 0, "a plan is no run"
    lock.release()
