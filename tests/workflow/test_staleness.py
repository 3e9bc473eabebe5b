"""What made results stays on record with them: in copies, after an upgrade, and where a person accepts a change.

A corpus is tokenized by programs that stand in for the real ones; tests/end_to_end has the whole miniature.
"""

import json
import re
import shutil
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import ROOT, copy_checkout, make_in, planned_jobs, snakemake_in

COUNTS = "results/corpus/mine/beto_uncased/token_counts.safetensors"
MINE = """
sources: {mine: {location: texts}}
corpora: {mine: {source: mine, shard_bytes: 1024, sequences: {max_tokens: 512}}}
"""
OPTIONS = ["--configfile", "mine.yaml", "--allowed-rules", "fetch", "tokenize_shard", "count_tokens", "--", COUNTS]
PROGRAM = """
import logging
import sys
from pathlib import Path
for option, value in zip(sys.argv, sys.argv[1:]):
    if option in ("--output", "--record", "--report", "--lengths"):
        logging.info("made %s", value)
        Path(value).write_text("made" * 1)
"""
ALL = {"tokenize_shard": 4, "count_tokens": 1}
LAST = {"count_tokens": 1}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a corpus that was tokenized and counted, in four shards."""
    folder = copy_checkout(tmp_path_factory.mktemp("finished"))
    (folder / "mine.yaml").write_text(MINE)
    for script in ("tokenize_shard", "count_tokens"):
        (folder / f"scripts/{script}.py").write_text(PROGRAM)
    tokenizer = folder / "results/tokenizers/beto_uncased/manifest.json"
    tokenizer.parent.mkdir(parents=True)
    tokenizer.write_text("{}")
    (folder / "texts").mkdir()
    (folder / "texts/new.txt").write_text("una frase\n" * 300)
    (folder / "texts/old.txt").write_text("a")
    ran = snakemake_in(folder, "--cores", "1", *OPTIONS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.fixture
def checkout(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


@pytest.fixture
def planned(checkout: Path) -> Callable[[], dict[str, int]]:
    return lambda: planned_jobs(snakemake_in(checkout, "-n", "--quiet", "rules", *OPTIONS))


def edit(checkout: Path, file: str, old: str, new: str) -> None:
    text = (checkout / file).read_text()
    assert old in text
    (checkout / file).write_text(text.replace(old, new))


def explained(checkout: Path, target: str = "explain", **variables: str) -> str:
    ran = make_in(checkout, target, *(f"{name}={value}" for name, value in variables.items()))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


CHANGES = {
    "nothing": ("mine.yaml", "512", "512", {}),
    "a log line": ("scripts/tokenize_shard.py", "made %s", "%s is made", {}),
    "the code": ("scripts/tokenize_shard.py", "* 1", "* 2", ALL),
    "the code of the last stage": ("scripts/count_tokens.py", "* 1", "* 2", LAST),
    "a setting": ("mine.yaml", "512", "256", ALL),
    "the command": ("rules/corpus.smk", "--shards {params.shards}", "--shards 1{params.shards}", ALL),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_copy_of_the_results_knows_what_made_them(
    checkout: Path, planned: Callable[[], dict[str, int]], case: str
) -> None:
    shutil.rmtree(checkout / ".snakemake")
    file, old, new, expected = CHANGES[case]
    edit(checkout, file, old, new)
    assert planned() == expected


def to_an_earlier_version(checkout: Path) -> None:
    """Records as versions before this one kept them: beside the checkout, under other names of settings."""
    earlier = checkout / ".snakemake/metadata"
    shutil.rmtree(earlier)
    (checkout / "results/records").rename(earlier)
    shutil.rmtree(earlier / "code")
    for path in list(earlier.iterdir()):
        record = json.loads(path.read_text().replace("{results}/", "results/"))
        output = urlsafe_b64decode(path.name).decode().replace("{results}/", "results/")
        renamed = path.rename(earlier / urlsafe_b64encode(output.encode()).decode())
        # A default that is as old as the setting, and one that was added later.
        record["params"] = [text.replace(', "min_tokens": 12', "") for text in record["params"]]
        renamed.write_text(json.dumps(record))


def test_records_of_an_earlier_version_count(checkout: Path, planned: Callable[[], dict[str, int]]) -> None:
    to_an_earlier_version(checkout)
    assert planned() == {}
    edit(checkout, "scripts/tokenize_shard.py", "* 1", "* 2")
    assert planned() == ALL
    assert "tokenize_shard 4: its code changed since" in explained(checkout)
    explained(checkout, "accept", STAGE="all", REASON="as good as before")
    assert planned() == {}
    ran = snakemake_in(checkout, "--cores", "1", "--forcerun", "count_tokens", *OPTIONS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert planned() == {}


def test_accepting_a_stage_keeps_it_and_nothing_else(checkout: Path, planned: Callable[[], dict[str, int]]) -> None:
    for script in ("tokenize_shard", "count_tokens"):
        edit(checkout, f"scripts/{script}.py", "* 1", "* 2")
    text = explained(checkout)
    assert "tokenize_shard 4: tokenize_shard.py changed since" in text
    assert "count_tokens 1: count_tokens.py changed since" in text
    accepted = explained(checkout, "accept", STAGE="tokenize_shard", REASON='the "same" text')
    assert "tokenize_shard 4" not in accepted
    assert planned() == LAST
    (entry,) = json.loads((checkout / "results/accepted.json").read_text())
    assert entry["stage"] == "tokenize_shard"
    assert entry["reason"] == 'the "same" text'
    assert entry["old"] != entry["new"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry["date"])


def test_what_changes_after_a_decision_is_stale(checkout: Path, planned: Callable[[], dict[str, int]]) -> None:
    edit(checkout, "scripts/tokenize_shard.py", "* 1", "* 2")
    explained(checkout, "accept", STAGE="tokenize_shard", REASON="the same text")
    assert planned() == {}
    edit(checkout, "mine.yaml", "512", "256")
    assert planned() == ALL
    assert "tokenize_shard 4: max_tokens changed from 512 to 256" in explained(checkout)
    edit(checkout, "mine.yaml", "256", "512")
    edit(checkout, "scripts/tokenize_shard.py", "* 2", "* 3")
    assert planned() == ALL
    edit(checkout, "scripts/tokenize_shard.py", "* 3", "* 2")
    assert planned() == {}


def test_what_cannot_be_accepted_is_refused_in_a_few_lines(checkout: Path) -> None:
    ran = make_in(checkout, "accept", "STAGE=tokenize_shard", "REASON=why not")
    assert ran.returncode != 0
    assert "no result is stale because its code has changed" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (checkout / "results/accepted.json").exists()


def test_a_plan_that_cannot_be_made_is_not_explained(checkout: Path) -> None:
    edit(checkout, "mine.yaml", "512", "many")
    ran = make_in(checkout, "explain")
    assert ran.returncode != 0
    assert "corpora.mine.sequences.max_tokens" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_plan_writes_nothing(checkout: Path, planned: Callable[[], dict[str, int]]) -> None:
    before = sorted((checkout / "results").rglob("*"))
    edit(checkout, "mine.yaml", "512", "256")
    assert planned() == ALL
    explained(checkout)
    assert sorted((checkout / "results").rglob("*")) == before


def test_results_that_were_moved_know_what_made_them(checkout: Path) -> None:
    (checkout / "results").rename(checkout / "elsewhere")
    options = ["--config", "results=elsewhere", *OPTIONS[:-1], COUNTS.replace("results/", "elsewhere/")]
    assert planned_jobs(snakemake_in(checkout, "-n", "--quiet", "rules", *options)) == {}
    edit(checkout, "scripts/tokenize_shard.py", "* 1", "* 2")
    assert planned_jobs(snakemake_in(checkout, "-n", "--quiet", "rules", *options)) == ALL


def test_a_damaged_record_says_nothing(checkout: Path, planned: Callable[[], dict[str, int]]) -> None:
    edit(checkout, "scripts/count_tokens.py", "* 1", "* 2")
    explained(checkout, "accept", STAGE="count_tokens", REASON="the same number")
    for path in (checkout / "results/records").glob("*=*"):
        path.write_text('{"rule": ')
    (checkout / "results/records/code/.abc.json.1.partial").mkdir()
    (checkout / "results/records/code/.abc.json.1.partial/x").write_text("{}")
    assert planned() == {}


def test_what_a_run_forced_is_not_asked_for_again(checkout: Path) -> None:
    ran = snakemake_in(checkout, "--cores", "1", "--forcerun", "count_tokens", *OPTIONS)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert explained(checkout).startswith("Nothing would run.\n")


def test_a_folder_of_results_names_no_program_to_run(checkout: Path) -> None:
    (checkout / "evil.smk").write_text("open('evil', 'w')\nrule all:\n    pass\n")
    record = json.loads((checkout / "results/last_run.json").read_text())
    record["command"] = record["command"].replace("snakemake ", "snakemake --snakefile evil.smk ")
    (checkout / "results/last_run.json").write_text(json.dumps(record))
    explained(checkout)
    assert not (checkout / "evil").exists()


def test_records_lie_with_the_results_under_the_names_of_outputs(checkout: Path) -> None:
    names = {urlsafe_b64decode(path.name).decode() for path in (checkout / "results/records").glob("*=*")}
    assert all(name.startswith("{results}/") for name in names)
    assert not any((checkout / ".snakemake/metadata").iterdir())


RULE = re.compile(r"^ *(?:rule|checkpoint) (\w+):\n(.*?)(?=^ *(?:rule|checkpoint) |^\S|\Z)", re.MULTILINE | re.DOTALL)
FUNCTION = r"^def {}\(.*?(?=^\S)"


def scripts_of_rules() -> dict[str, tuple[set[str], set[str]]]:
    """Of each rule, the scripts whose code is its param, and those that its command calls."""
    found = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        for rule, body in RULE.findall(text):
            (code,) = re.findall(r"^ +code=(.*),$", body, re.MULTILINE) or [""]
            if re.fullmatch(r"\w+", code):
                (code,) = re.findall(FUNCTION.format(code), text, re.MULTILINE | re.DOTALL)
            named = set(re.findall(r"""\b(?:code|digest)\("(\w+)\"""", code))
            found[rule] = named, set(re.findall(r"scripts/(\w+)\.py", body))
    return found


def test_the_code_of_each_rule_is_that_of_the_script_it_calls() -> None:
    scripts = scripts_of_rules()
    assert len(scripts) > 25
    assert {rule: named for rule, (named, _) in scripts.items()} == {
        rule: called for rule, (_, called) in scripts.items()
    }
    without = {rule for rule, (named, _) in scripts.items() if not named}
    assert without == {"all", "figures", "finetuned", "tables_pdf", "write_configuration", "report"} & set(scripts)
