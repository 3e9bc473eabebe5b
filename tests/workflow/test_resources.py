"""Every job that a cluster runs says what it needs."""

import re
from collections.abc import Iterator

import pytest
from tests.conftest import ROOT

LOCAL = re.compile(r"^localrules:\n((?:    \w+,\n)+)", re.MULTILINE)
RULE = re.compile(r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint) |^\w|\Z)", re.MULTILINE | re.DOTALL)


def cluster_rules() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "rules").glob("*.smk")):
        text = path.read_text()
        local = {name for names in LOCAL.findall(text) for name in re.findall(r"\w+", names)}
        yield from ((name, body) for name, body in RULE.findall(text) if name not in local)


@pytest.mark.parametrize(("rule", "body"), list(cluster_rules()))
def test_memory_and_time_are_given(rule: str, body: str) -> None:
    assert re.search(r"\bmem_mb=", body)
    assert re.search(r"\bruntime=", body)


def test_what_downloads_or_only_puts_together_runs_where_snakemake_runs() -> None:
    rules = {rule for rule, _ in cluster_rules()}
    assert {"fetch", "assemble_tables", "tables_pdf", "choose_hyperparameters", "plot_training"}.isdisjoint(rules)
    assert {"tokenize_shard", "distil_segment", "finetune", "search_point", "predict"} <= rules


def test_a_point_of_a_search_asks_for_what_a_fine_tuning_does() -> None:
    rules = dict(cluster_rules())
    for wanted in ("threads: 4", "gpu=1", "mem_mb=finetuning_memory"):
        assert wanted in rules["finetune"]
        assert wanted in rules["search_point"]
