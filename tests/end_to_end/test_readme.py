"""README.md, followed by a newcomer: what it tells to type is typed, and what it promises is there.

The commands that mean the thesis are carried out on the miniature, whose results lie in results/demo; the student of
one's own trains for a few steps only.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas
import pytest
import yaml
from tests.conftest import make_in, run_in, snakemake_in
from tests.documentation import README, commands, configurations
from tests.end_to_end.runs import OVERLAY, RESULTS, said

CARRIED_OUT = [command for command in commands(README, "snakemake") if command.startswith("snakemake --cores")]
SHORT = {
    "students": {"my_student": {"steps": 4, "segment_steps": 2, "sequences_per_step": 8, "validation_sequences": 8}}
}
MINE = {
    "model_type": "bert",
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 512,
}
PRETRAINED = """
import json, sys, torch, transformers
torch.manual_seed(1)
architecture, vocab_size, place = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
config = transformers.AutoConfig.for_model(**architecture, vocab_size=vocab_size, pad_token_id=1)
transformers.AutoModelForMaskedLM.from_config(config).save_pretrained(place)
"""


@pytest.fixture(scope="module")
def newcomer(miniature: Path) -> Path:
    """A clone with the files that README.md tells to write, and the models and texts that these name."""
    for name, text in configurations().items():
        (miniature / name).write_text(text, encoding="utf-8")
    (miniature / "short.yaml").write_text(yaml.safe_dump(SHORT))
    save_pretrained(miniature, MINE, "path/to/folder")
    teacher = yaml.safe_load(configurations()["student.yaml"])["models"]["my_teacher"]
    save_pretrained(miniature, teacher["architecture"], "path/to/teacher")
    shutil.copytree(miniature / RESULTS / "miniature/corpus", miniature / "path/to/texts")
    return miniature


def save_pretrained(folder: Path, architecture: dict[str, int | str], place: str) -> None:
    """A model of random weights with the miniature's vocabulary, as transformers saves it."""
    vocabulary = folder / RESULTS / "miniature/beto_tokenizer/vocab.txt"
    entries = len(vocabulary.read_text(encoding="utf-8").splitlines())
    said(run_in(folder, sys.executable, "-c", PRETRAINED, json.dumps(architecture), str(entries), place))
    shutil.copy2(vocabulary, folder / place)


def typed(folder: Path, command: str, *overlays: str) -> subprocess.CompletedProcess[str]:
    """A command of README.md, carried out on the miniature; torch is imported once for all its jobs, as in the demo."""
    words, _, configfiles = command.replace(" results/", f" {RESULTS}/").partition(" --configfile ")
    options = ["--configfile", OVERLAY, *configfiles.split(), *overlays]
    return snakemake_in(folder, *words.split()[1:], *options, prefork=True)


def values_of(folder: Path, table: str, model: str) -> dict[str, float]:
    """The official values of a model's row, by task, test and metric."""
    rows = pandas.read_csv(folder / RESULTS / f"tables/{table}.csv")
    rows = rows[(rows["model"] == model) & (rows["protocol"] == "official")]
    return dict(zip(rows["task"] + " " + rows["test"] + " " + rows["metric"], rows["value"], strict=True))


def test_every_command_is_carried_out_here() -> None:
    assert [command.partition(" results/")[2] for command in CARRIED_OUT] == [
        "tables.tex --configfile mine.yaml",
        "tables.tex --configfile missing.yaml mine.yaml",
        "models/my_student/README.md --configfile student.yaml",
        "tables.tex --configfile reviews.yaml",
        "tables.tex --configfile reviews.yaml part.yaml",
        "tables.pdf",
        "energy.tex",
        "report.html",
    ]


def test_the_demo_ends_by_printing_the_tables(newcomer: Path) -> None:
    printed = (newcomer / "demo.txt").read_text(encoding="utf-8")
    assert (newcomer / RESULTS / "tables.txt").read_text(encoding="utf-8") in printed
    assert "DistilBETO" in printed


def test_a_second_demo_runs_nothing(newcomer: Path) -> None:
    ran = make_in(newcomer, "demo")
    assert "Nothing to be done" in said(ran) + ran.stderr


@pytest.mark.skipif(shutil.which("latexmk") is None, reason="LaTeX is not installed")
def test_the_tables_are_typeset(newcomer: Path) -> None:
    said(typed(newcomer, CARRIED_OUT[5]))
    assert (newcomer / RESULTS / "tables.pdf").read_bytes().startswith(b"%PDF")


def test_the_report_is_one_page_with_all_of_it(newcomer: Path) -> None:
    said(typed(newcomer, CARRIED_OUT[6]))
    said(typed(newcomer, CARRIED_OUT[7]))
    page = (newcomer / RESULTS / "report.html").read_text(encoding="utf-8")
    figures = ("lengths-spanish_corpora-beto_uncased.png", "tradeoff.png", "training-distilbeto.png")
    tables = ("table_5_2.csv", "comparison.csv", "data_sets.csv", "annex/table_a_8.csv")
    others = ("tables.html", "energy.html", "configuration.html")
    for file in (*(f"figures/{name}" for name in figures), *(f"tables/{name}" for name in tables), *others):
        assert f'"{RESULTS}/{file}": {{' in page, "the file itself, in the page"
    assert "rulegraph_spec" in page
    assert not re.search(r'(src|href)="https?://[^"]+\.(js|css)"', page), "it needs no network"


def test_a_model_of_ones_own_has_its_row_after_three_commands(newcomer: Path) -> None:
    """git clone and nano went before; then `snakemake`, of the same, finds it done."""
    (command,) = (command for command in commands(README, "make") if "OVERLAY" in command)
    assert "Mine" in said(make_in(newcomer, *command.split()[1:]))
    values = values_of(newcomer, "table_5_2", "mine") | values_of(newcomer, "table_5_3", "mine")
    assert len(values) == 7 + 8
    correlation = values.pop("sts sts_test combined")
    assert -100 <= correlation <= 100
    assert all(value >= 0 for value in values.values()), values
    again = typed(newcomer, CARRIED_OUT[0])
    assert "Nothing to be done" in said(again) + again.stderr


def test_what_is_missing_is_a_dash_with_its_reason(newcomer: Path) -> None:
    said(typed(newcomer, CARRIED_OUT[1]))
    rows = pandas.read_csv(newcomer / RESULTS / "tables/table_5_2.csv").query("test == 'mldoc_test'")
    measured = rows[rows["model"].isin(["mine", "distilbeto", "s_albert_tiny"])]
    assert measured["value"].isna().all()
    assert set(measured["note"]) == {"needs the Reuters licence"}


def test_a_student_of_ones_own_is_ready_for_the_hub(newcomer: Path) -> None:
    said(typed(newcomer, CARRIED_OUT[2], "short.yaml"))
    folder = newcomer / RESULTS / "models/my_student"
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("---")
    assert json.loads((folder / "config.json").read_text(encoding="utf-8"))["n_layers"] == 2


def test_data_of_ones_own_are_a_column_of_the_tables(newcomer: Path) -> None:
    (newcomer / "path/to/reviews").mkdir()
    for part in ("train", "dev", "test"):
        reviews = "opinion,review\n" + 'pos,"Muy bueno, señora."\nneg,¡Qué caro!\n' * 20
        (newcomer / f"path/to/reviews/{part}.csv").write_text(reviews, encoding="utf-8")
    # The miniature's models take no longer texts.
    short = {"finetuning": {"rows": [{"task": "reviews", "model": "default", "max_length": 96}]}}
    (newcomer / "short_reviews.yaml").write_text(yaml.safe_dump(short), encoding="utf-8")
    others = list((newcomer / RESULTS / "finetuned").rglob("run.json"))
    before = {path: path.stat().st_mtime_ns for path in others}

    # The part first: a run of the whole would leave it nothing to do.
    said(typed(newcomer, CARRIED_OUT[4], "short_reviews.yaml"))
    rows = reviews_of(newcomer)
    assert set(rows["model"][rows["value"].notna()]) == {"distilbeto", "s_albert_tiny"}
    text = (newcomer / RESULTS / "tables.txt").read_text(encoding="utf-8")
    assert "solo modelos distilbeto, s_albert_tiny; tareas reviews" in text.replace("\n", " ")

    said(typed(newcomer, CARRIED_OUT[3], "short_reviews.yaml"))
    assert reviews_of(newcomer)["value"].notna().sum() == 2 * 10, "ten models in two protocols"
    assert {path: path.stat().st_mtime_ns for path in others} == before, "nothing else was trained"


def reviews_of(folder: Path) -> pandas.DataFrame:
    """The column of the reviews in Table 5.2."""
    return pandas.read_csv(folder / RESULTS / "tables/table_5_2.csv").query("test == 'reviews_test'")
