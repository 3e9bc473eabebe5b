"""The same tables as LaTeX, plain text and CSV: marks, notes, languages, escaping."""

import csv
import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from distilbeto.reports.tables.build import build_tables
from distilbeto.reports.tables.html import html_document
from distilbeto.reports.tables.latex import latex_document
from distilbeto.reports.tables.results import Score, Scores, read_literature
from distilbeto.reports.tables.table import Table
from distilbeto.reports.tables.text_tables import plain_document
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.reports.tables.csv_files import csv_text
from distilbeto.reports.tables.format import decimals, escape, plain
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import WORDS
from distilbeto.reports.tables.trainings import Runs

ROOT = Path(__file__).parents[3]
Latencies = dict[str, dict[str, Any]]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("form", [latex_document, plain_document, html_document])
def test_every_form_says_what_each_protocol_counts(tables: list[Table], language: str, form: Any) -> None:
    text = unescape(re.sub(r"\s+", " ", form(tables, WORDS[language], "")))
    for protocol in ("thesis", "official"):
        for number in ("5.2", "5.3", "5.4"):
            assert WORDS[language].protocols[protocol][number] in text
    assert "(b) Yang et al. (2019)" in text
    assert "Cañete et al. (2020)" in text


def test_a_table_names_only_the_sources_of_its_own_superscripts(tables: list[Table]) -> None:
    first, second = (plain_document([table], WORDS["en"], "") for table in tables[:2])
    assert "(a) Wu & Dredze (2019)" in first
    assert "(c)" not in first
    assert "(c) Lewis et al. (2019)" in second
    assert "(a)" not in second


def test_latex_marks_bold_superscripts_and_official_tables(tables: list[Table]) -> None:
    latex = latex_document(tables, WORDS["es"], "")
    assert r"Best mBERT & 78,50\rlap{\textsuperscript{a}} &" in latex
    assert r"BETO \textit{cased} & \textbf{82,01} & \textbf{98,97} & 89,05 &" in latex
    assert r"Wu \& Dredze" in latex
    assert re.findall(r"\\thetable}{(.*?)}", latex) == [
        *("5.2", "5.3", "5.4", "5.5"),
        *("5.2 (oficial)", "5.3 (oficial)", "5.4 (oficial)"),
    ]


def test_html_marks_the_same_and_needs_nothing_but_itself(tables: list[Table]) -> None:
    html = html_document(tables, WORDS["es"], "<miniatura>")
    assert "<td>Best mBERT</td><td>78,50<sup>a</sup></td>" in html
    assert "<td>BETO cased</td><td><b>82,01</b></td>" in html
    assert "Wu &amp; Dredze" in html
    assert "[&lt;miniatura&gt;]" in html
    assert not re.search(r"(src|href)=|url\(|@import|<script", html)
    assert re.findall(r"<caption><b>(.*?)</b>", html)[-1] == "5.4 (oficial)"


def test_plain_text_aligns_the_digits(tables: list[Table]) -> None:
    lines = [line for line in plain_document(tables[:1], WORDS["es"], "").splitlines() if re.search(r"\d,\d\d", line)]
    assert len(lines) == 11
    assert len({tuple(comma.start() for comma in re.finditer(",", line)) for line in lines}) == 1


def test_a_missing_cell_is_a_dash_with_its_reason(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    reason = 'needs 100 % of the "Reuters_licence"'
    missing = {f"{model.key}/mldoc/mldoc_test": reason for model in settings.models if model.measure}
    tables = build_tables(settings.model_copy(update={"missing": missing}), scores, latencies, read_literature())
    latex, text = latex_document(tables, WORDS["es"], ""), plain_document(tables, WORDS["es"], "")
    assert r"---\rlap{\textsuperscript{1}}" in latex
    assert r"needs 100 \% of the \textquotedbl{}Reuters\_licence\textquotedbl{}" in latex
    assert f"[1] {reason}" in text
    (row,) = (
        row
        for row in csv.DictReader(csv_text([tables[0]]).splitlines())
        if (row["model"], row["task"]) == ("distilbeto", "mldoc")
    )
    assert (row["value"], row["note"]) == ("", reason)


def test_several_seeds_and_runs_are_explained(settings: AssemblySettings, scores: Scores, latencies: Latencies) -> None:
    for place, seeds in scores.by_place.items():
        higher = Score({name: value + 1 for name, value in seeds[42].metrics.items()}, Path("higher.json"))
        scores.by_place[place] = {1: seeds[42], 2: higher, 3: seeds[42]}
    tables = build_tables(settings.model_copy(update={"seeds": [1, 2, 3]}), scores, latencies, read_literature())
    text, latex = plain_document(tables, WORDS["es"], ""), latex_document(tables, WORDS["es"], "")
    assert "71,56 ±0,58" in text
    for form in (text, latex):
        assert form.count("Media y desviación estándar de 3 semillas.") == 6
        assert form.count("Media y desviación estándar de 5 ejecuciones.") == 1


def test_digits_stay_below_each_other_beside_deviations(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    """Published rows have no deviation, measured ones do."""
    for place, seeds in scores.by_place.items():
        higher = Score({name: value + 1 for name, value in seeds[42].metrics.items()}, Path("higher.json"))
        scores.by_place[place] = {1: seeds[42], 2: higher}
    tables = build_tables(settings.model_copy(update={"seeds": [1, 2]}), scores, latencies, read_literature())
    lines = [line for line in plain_document(tables[:1], WORDS["es"], "").splitlines() if re.search(r"\d,\d\d", line)]
    assert len(lines) == 11
    digits = {tuple(found.start() for found in re.finditer(r"(?<!±)\b\d\d,\d\d", line)) for line in lines}
    assert len(digits) == 1 and len(digits.pop()) == 5
    latex = latex_document(tables[:1], WORDS["es"], "")
    assert r"78,50\rlap{\textsuperscript{a}}\phantom{ {\scriptsize$\pm$\,0,71}} &" in latex


def test_a_single_seed_has_intervals_in_tables_of_their_own(
    settings: AssemblySettings, with_intervals: Scores, latencies: Latencies
) -> None:
    tables = build_tables(settings, with_intervals, latencies, read_literature())
    assert [f"{table.number} {table.protocol}" for table in tables[7:]] == ["5.2 intervals", "5.3 intervals"]
    latex, text = latex_document(tables[7:], WORDS["es"], "miniatura"), plain_document(tables[7:], WORDS["es"], "")
    for form in (latex, text):
        assert re.search(r"s-ALBERT tiny\W+70,23–73,23\W", form)
        assert "95 %" in form.replace(r"\%", "%")
        assert "Best mBERT" not in form, "published rows have no intervals"
        assert "textbf{70" not in form and "*" not in form
    assert re.findall(r"\\thetable}{(.*?)}", latex) == ["5.2 (intervalos)", "5.3 (intervalos)"]
    assert latex.count(r"\textbf{miniatura.}") == 2


def test_csv_has_intervals_beside_their_values(
    settings: AssemblySettings, with_intervals: Scores, latencies: Latencies
) -> None:
    tables = build_tables(settings, with_intervals, latencies, read_literature())
    rows = list(csv.DictReader(csv_text([table for table in tables if table.number == "5.3"]).splitlines()))
    assert len(rows) == 2 * 11 * 3 * 2, "both protocols, once"
    for row in rows:
        if row["source"] == "measured":
            value = float(row["value"])
            assert (float(row["interval_low"]), float(row["interval_high"])) == (value - 1, value + 2)
        else:
            assert (row["interval_low"], row["interval_high"]) == ("", "")


def test_a_grid_is_named_under_the_tables_of_scores(
    settings: AssemblySettings, scores: Scores, latencies: Latencies
) -> None:
    tables = build_tables(settings.model_copy(update={"grid": "lrec_2022"}), scores, latencies, read_literature())
    text = re.sub(r"\s+", " ", plain_document(tables, WORDS["es"], ""))
    assert text.count("los mejores de la grilla lrec_2022 en el conjunto de desarrollo") == 6
    assert r"grilla lrec\_2022" in latex_document(tables, WORDS["es"], "")


def test_english_has_decimal_points_and_english_words(tables: list[Table]) -> None:
    latex = latex_document(tables, WORDS["en"], "miniature")
    assert r"\usepackage[english]{babel}" in latex
    assert "78.50" in latex
    assert not re.search(r"\d,\d\d", latex)
    assert "Modelo" not in latex
    assert latex.count(r"\textbf{miniature.}") == len(tables)


def test_csv_is_tidy_and_exact(tables: list[Table]) -> None:
    rows = list(csv.DictReader(csv_text([tables[1]]).splitlines()))
    assert len(rows) == 11 * 3 * 2
    (row,) = (row for row in rows if (row["model"], row["test"], row["metric"]) == ("distilbeto", "xquad", "squad.f1"))
    assert float(row["value"]) == 72.46
    assert row["source"] == "measured"
    assert {row["source"] for row in rows if row["model"] == "beto_cased"} == {"literature: Cañete et al. (2020)"}


def test_a_published_average_names_all_its_sources(tables: list[Table]) -> None:
    (row,) = (row for row in csv.DictReader(csv_text([tables[2]]).splitlines()) if row["model"] == "mbert")
    for author in ("Wu & Dredze", "Yang", "Lewis", "Carrino"):
        assert author in row["source"]


def test_the_script_writes_all_forms_and_names_an_absent_score(
    tmp_path: Path, settings: AssemblySettings, scores: Scores, latencies: Latencies, full: Runs
) -> None:
    score_files, latency_files, run_files = [], [], []
    for number, ((model, task, test), seeds) in enumerate(scores.by_place.items()):
        score_files.append(tmp_path / f"score-{number}.json")
        record = {"model": model, "task": task, "test": test, "seed": 42, "metrics": seeds[42].metrics}
        score_files[-1].write_text(json.dumps(record))
    for (model, task), seeds in full.items():
        run_files.append(tmp_path / f"run-{model}-{task}.json")
        run_files[-1].write_text(json.dumps(seeds[42] | {"model": model, "task": task, "seed": 42}))
    for model, record in latencies.items():
        latency_files.append(tmp_path / f"latency-{model}.json")
        latency_files[-1].write_text(json.dumps(record | {"model": model}))
    command: list[str | Path] = [
        sys.executable,
        ROOT / "scripts" / "assemble_tables.py",
        "--settings",
        settings.model_dump_json(),
    ]
    command += ["--output-folder", tmp_path / "tables", "--latex", tmp_path / "t.tex"]
    command += ["--html", tmp_path / "t.html", "--text", tmp_path / "t.txt"]
    command += ["--latencies", *latency_files, "--runs", *run_files, "--scores"]
    subprocess.run([*command, *score_files], check=True)
    assert sorted(str(path.relative_to(tmp_path / "tables")) for path in (tmp_path / "tables").rglob("*.csv")) == [
        *(f"annex/table_a_{number}.csv" for number in range(1, 9)),
        *("comparison.csv", "kept.csv"),
        *(f"table_5_{number}.csv" for number in range(1, 6)),
    ]
    assert "DistilBETO uncased" in (tmp_path / "t.txt").read_text()
    failed = subprocess.run([*command, *score_files[1:]], check=False, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "no score file for s_albert_tiny/xnli/xnli_test" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_sum_of_binary_fractions_is_not_cut_below_itself() -> None:
    assert decimals(100 * 0.29, ",", truncate=True) == "29,00", "100 * 0.29 is 28.999999999999996"


@given(st.floats(min_value=0, max_value=100))
def test_truncation_never_adds_and_rounding_errs_by_half_a_step(value: float) -> None:
    truncated = float(decimals(value, ".", truncate=True))
    assert truncated - 1e-9 <= value < truncated + 0.01 + 1e-9
    assert abs(float(decimals(value, ".")) - value) <= 0.005 + 1e-9


@given(st.integers(min_value=1, max_value=10_000), st.data())
def test_scores_of_two_decimals_survive_truncation(total: int, data: st.DataObject) -> None:
    """However a score of k hundredths came about, it prints as k hundredths."""
    hundredths = data.draw(st.integers(min_value=0, max_value=10_000))
    computed = sum([hundredths / total / 100] * 7) / 7 * total
    assert decimals(computed, ".", truncate=True) == f"{hundredths // 100}.{hundredths % 100:02d}"


@given(st.text(alphabet='ab~^<>"&%$#_{}\\ ñ'))
def test_escaped_text_has_no_active_character_left(text: str) -> None:
    bare = re.sub(r"\\text(backslash|ascii\w+|less|greater|quotedbl)\{\}|\\[&%$#_{}]", "", escape(text))
    assert not set(bare) & set('~^<>"&%$#_{}\\')


def test_plain_names() -> None:
    assert plain(r"BETO \textit{uncased}") == "BETO uncased"
    assert plain(r"A\&B\_c") == "A&B_c"
