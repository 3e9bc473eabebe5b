"""The same tables as LaTeX, HTML, text and CSV: marks, notes, languages, escaping."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandas import DataFrame
from tests.reports.tables.reading import ENGLISH, SPANISH, csv_rows, found, made, with_seed

from distilbeto.errors import UserError
from distilbeto.reports.tables.csv_files import tidy_numbers
from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.format import decimals, escape, without_latex
from distilbeto.reports.tables.frame import Table, summary, tidy
from distilbeto.reports.tables.renderers import html_document, latex_document, text_document
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.text import Document, Page, Words, day_of, page_of
from distilbeto.reports.words import read_words

ROOT = Path(__file__).parents[3]
BEFORE = ("5.2", "5.3", "5.4", "5.5")


def pages(tables: Iterable[Table], words: Words = SPANISH, note: str = "") -> list[Page]:
    return [page_of(table, words, note) for table in tables]


def latex(tables: Iterable[Table], words: Words = SPANISH, note: str = "") -> str:
    return latex_document(Document(pages(tables, words, note), words, note=note))


def html(tables: Iterable[Table], words: Words = SPANISH, note: str = "") -> str:
    return html_document(Document(pages(tables, words, note), words, note=note))


def text(tables: Iterable[Table], words: Words = SPANISH, note: str = "") -> str:
    return text_document(pages(tables, words, note))


# One cell in every renderer: two numbers with deviations and a superscript; the room that it leaves in the cell above;
# a missing cell.
ROWS = [
    {"row": 0, "metric": "f1", "value": 70.0, "superscript": "c", "citation": "Lewis (2019)", "task": "mlqa"},
    {"row": 1, "metric": "f1", "seed": 1, "value": 71.0},
    {"row": 1, "metric": "f1", "seed": 2, "value": 73.0},
    {"row": 1, "metric": "exact_match", "seed": 1, "value": 40.0},
    {"row": 1, "metric": "exact_match", "seed": 2, "value": 40.5},
    {"row": 2, "note": "not published"},
]
CELLS = {
    latex: [
        r"BETO \textit{cased} & 70,00\rlap{\textsuperscript{c}}\phantom{ {\scriptsize$\pm$\,1,41}} \\",
        r"A & \textbf{72,00} {\scriptsize$\pm$\,1,41} / \textbf{40,25} {\scriptsize$\pm$\,0,35} \\",
        r"B & ---\rlap{\textsuperscript{1}} \\",
        r"\textsuperscript{1} no publicado\par",
    ],
    html: [
        "<td>BETO cased</td><td>70,00<sup>c</sup></td>",
        "<td>A</td><td><b>72,00</b> <small>±1,41</small> / <b>40,25</b> <small>±0,35</small></td>",
        "<td>B</td><td>–<sup>[1]</sup></td>",
        "<p>[1] no publicado</p>",
    ],
    text: [
        "BETO cased                  70,00c      ",
        "A           *72,00 ±1,41 / *40,25 ±0,35 ",
        "B                                  - [1]",
        "[1] no publicado",
    ],
}


@pytest.mark.parametrize("form", CELLS)
def test_the_same_cells_in_every_form(form: Any) -> None:
    names = [r"BETO \textit{cased}", "A", "B"]
    numbers = tidy(row | {"table": "5.3", "name": names[row["row"]], "model": names[row["row"]]} for row in ROWS)
    made_so = form([Table("5.3", ("MLQA",), summary(numbers), "official")])
    for expected in CELLS[form]:
        assert expected.rstrip() in re.sub(r">\n<", "><", made_so)


@pytest.mark.parametrize("words", [SPANISH, ENGLISH])
@pytest.mark.parametrize("form", [latex, text, html])
def test_every_form_says_what_each_protocol_counts(tables: list[Table], words: Words, form: Any) -> None:
    whole = unescape(re.sub(r"\s+", " ", form(tables, words)))
    for protocol in ("thesis", "official"):
        for number in ("5.2", "5.3", "5.4"):
            assert words.tables[number][protocol] in whole
    assert "(b) Yang et al. (2019)" in whole
    assert "Cañete et al. (2020)" in whole
    assert not re.search(r"{(subject|grid|count)}", whole)


def test_a_table_names_only_the_sources_of_its_own_superscripts(tables: list[Table]) -> None:
    first, second = (text([found(tables, number, "thesis")]) for number in ("5.2", "5.3"))
    assert "(a) Wu & Dredze (2019)" in first
    assert "(c)" not in first
    assert "(c) Lewis et al. (2019)" in second
    assert "(a)" not in second


def test_latex_marks_bold_superscripts_and_official_tables(tables: list[Table]) -> None:
    whole = latex(tables)
    assert r"Best mBERT & 78,50\rlap{\textsuperscript{a}} &" in whole
    assert r"BETO \textit{cased} & \textbf{82,01} & \textbf{98,97} & 89,05 &" in whole
    assert r"Wu \& Dredze" in whole
    assert re.findall(r"\\thetable}{(.*?)}", whole) == [
        *("5.1", "5.2", "5.3", "5.4", "5.5"),
        *("5.2 (oficial)", "5.3 (oficial)", "5.4 (oficial)"),
        *("C.1", "C.2", "C.3 (oficial)"),
        *(f"A.{number}" for number in range(1, 9)),
    ]
    assert "Hiperparámetros del entrenamiento en la tarea QA-TAR." in whole


def test_html_marks_the_same_and_needs_nothing_but_itself(tables: list[Table]) -> None:
    whole = html(tables, note="<miniatura>")
    assert "<td>Best mBERT</td><td>78,50<sup>a</sup></td>" in whole
    assert "<td>BETO cased</td><td><b>82,01</b></td>" in whole
    assert "Wu &amp; Dredze" in whole
    assert "[&lt;miniatura&gt;]" in whole
    assert not re.search(r"(src|href)=\"(?!#)|url\(|@import|<script", whole)
    assert "5.4 (oficial)" in re.findall(r"<figcaption><b>(.*?)</b>", whole)


def test_the_document_has_the_day_of_its_newest_result_and_a_list_of_its_tables(
    tables: list[Table], tmp_path: Path
) -> None:
    for name, seconds in (("old", 0), ("new", 86_400 * 365)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (seconds, seconds))
    document = Document(pages(tables), SPANISH, "50 % de BETO", day=day_of(tmp_path.iterdir()))
    page, whole = html_document(document), latex_document(document)
    assert "<title>50 % de BETO</title>" in page and "<time>1971-01-01</time>" in page
    assert r"pdftitle={50 \% de BETO}" in whole and r"\year=1971 \month=1 \day=1 \today" in whole
    for document_text in (page, whole):
        assert "Modelos s-ALBERT y DistilBETO frente a resultados publicados" in document_text
        assert "Diferencia de este experimento con Cañete et al. (2022), en puntos" in document_text
    entries = re.findall(r'<a href="#(.*?)">', page)
    assert entries == re.findall(r'<figure id="(.*?)">', page)
    assert len(entries) == len(tables)
    assert day_of([]) is None


def digits_of(table: Table) -> list[str]:
    return [line for line in text([table]).splitlines() if re.search(r"\d,\d\d", line)]


def test_text_aligns_the_digits(tables: list[Table]) -> None:
    lines = digits_of(found(tables, "5.2", "thesis"))
    assert len(lines) == 11
    assert len({tuple(comma.start() for comma in re.finditer(",", line)) for line in lines}) == 1


def test_a_missing_cell_is_a_dash_with_its_reason(settings: AssemblySettings, measured: DataFrame) -> None:
    reason = 'needs 100 % of the "Reuters_licence"'
    missing = {f"{model.key}/mldoc/mldoc_test": reason for model in settings.models if model.measure}
    numbers = all_numbers(settings.model_copy(update={"missing": missing}), measured)
    tables = made(settings.model_copy(update={"missing": missing}), measured)
    assert r"---\rlap{\textsuperscript{1}}" in latex(tables)
    assert r"needs 100 \% of the \textquotedbl{}Reuters\_licence\textquotedbl{}" in latex(tables)
    assert f"[1] {reason}" in text(tables)
    (row, _) = (row for row in csv_rows(numbers, "5.2") if (row["model"], row["task"]) == ("distilbeto", "mldoc"))
    assert (row["value"], row["note"]) == ("", reason)


def test_several_seeds_and_runs_are_explained(settings: AssemblySettings, measured: DataFrame) -> None:
    numbers = with_seed(with_seed(measured, 2, by=1.0), 3)
    tables = made(settings.model_copy(update={"seeds": [42, 2, 3]}), numbers)
    before = [table for table in tables if table.number in BEFORE]
    assert "71,56 ±0,58" in text(before)
    for form in (text(before), latex(before)):
        assert form.count("Media y desviación estándar de 3 semillas.") == 6
        assert form.count("Media y desviación estándar de 5 ejecuciones.") == 1


def test_digits_stay_below_each_other_beside_deviations(settings: AssemblySettings, measured: DataFrame) -> None:
    """Published rows have no deviation, measured ones do."""
    tables = made(settings.model_copy(update={"seeds": [42, 2]}), with_seed(measured, 2, by=1.0))
    lines = digits_of(found(tables, "5.2", "thesis"))
    assert len(lines) == 11
    digits = {tuple(place.start() for place in re.finditer(r"(?<!±)\b\d\d,\d\d", line)) for line in lines}
    assert len(digits) == 1 and len(digits.pop()) == 5
    assert r"78,50\rlap{\textsuperscript{a}}\phantom{ {\scriptsize$\pm$\,0,71}} &" in latex(tables)


def test_a_single_seed_has_intervals_in_tables_of_their_own(
    settings: AssemblySettings, with_intervals: DataFrame
) -> None:
    tables = [table for table in made(settings, with_intervals) if table.protocol == "intervals"]
    for form in (latex(tables, note="miniatura"), text(tables, note="miniatura")):
        assert re.search(r"s-ALBERT tiny\W+70,23–73,23\W", form)
        assert "95 %" in form.replace(r"\%", "%")
        assert "Best mBERT" not in form, "published rows have no intervals"
        assert not re.search(r"(textbf{|\*)\d", form)
    whole = latex(tables, note="miniatura")
    assert re.findall(r"\\thetable}{(.*?)}", whole) == ["5.2 (intervalos)", "5.3 (intervalos)"]


def test_csv_has_intervals_beside_their_values(settings: AssemblySettings, with_intervals: DataFrame) -> None:
    rows = csv_rows(all_numbers(settings, with_intervals), "5.3")
    assert len(rows) == 2 * 11 * 3 * 2, "both protocols, once"
    for row in rows:
        if row["source"] == "measured":
            value = float(row["value"])
            assert (float(row["interval_low"]), float(row["interval_high"])) == (value - 1, value + 2)
        else:
            assert (row["interval_low"], row["interval_high"]) == ("", "")


def test_a_grid_is_named_under_the_tables_of_scores(settings: AssemblySettings, measured: DataFrame) -> None:
    tables = made(settings.model_copy(update={"grid": "lrec_2022"}), measured)
    whole = re.sub(r"\s+", " ", text(table for table in tables if table.number in BEFORE))
    assert whole.count("los mejores de la grilla lrec_2022 en el conjunto de desarrollo") == 6
    assert r"grilla lrec\_2022" in latex(tables)


def test_english_has_decimal_points_and_english_words(tables: list[Table]) -> None:
    whole = latex(tables, ENGLISH, "miniature")
    assert r"\usepackage[english]{babel}" in whole
    assert "78.50" in whole
    assert not re.search(r"\d,\d\d", whole)
    assert "Modelo" not in whole
    assert r"\rhead{\small miniature}" in whole
    assert "Difference of this experiment from Cañete et al. (2022), in points." in whole


def test_csv_is_tidy_and_exact(settings: AssemblySettings, measured: DataFrame) -> None:
    rows = csv_rows(all_numbers(settings, measured), "5.3")
    assert len(rows) == 2 * 11 * 3 * 2
    (row,) = (
        row
        for row in rows
        if (row["model"], row["test"], row["metric"]) == ("distilbeto", "xquad", "squad.f1")
        and row["protocol"] == "thesis"
    )
    assert float(row["value"]) == 72.46
    assert row["source"] == "measured"
    assert {row["source"] for row in rows if row["model"] == "beto_cased"} == {"literature: Cañete et al. (2020)"}


def test_a_published_average_names_all_its_sources(settings: AssemblySettings, measured: DataFrame) -> None:
    rows = csv_rows(all_numbers(settings, measured), "5.4")
    for author in ("Wu & Dredze", "Yang", "Lewis", "Carrino"):
        assert all(author in row["source"] for row in rows if row["model"] == "mbert")


def test_the_frame_for_users_has_every_seed_and_run(settings: AssemblySettings, with_intervals: DataFrame) -> None:
    numbers = with_seed(with_intervals, 43, by=1.0)
    frame = tidy_numbers(all_numbers(settings.model_copy(update={"seeds": [42, 43]}), numbers))
    ner = frame.query("table == '5.2' and protocol == 'official' and model == 'distilbeto' and task == 'ner'")
    assert ner[["name", "metric", "seed", "unit", "source"]].values.tolist() == [
        ["DistilBETO uncased", "conlleval.f1", seed, "percent", "measured"] for seed in (42, 43)
    ]
    assert (ner.value - ner.interval_low).tolist() == [1.0, 2.0], "as in the file of each seed"
    seconds = frame.query("table == '5.5' and metric == 'seconds' and model == 'distilbeto'")
    assert (seconds.run.tolist(), set(seconds.unit)) == ([1, 2, 3, 4, 5], {"s"})
    published = frame.query("table == '5.2' and model == 'mbert' and task == 'pos'")
    assert set(published.source + published.citation + published.superscript) == {"literatureWu & Dredze (2019)a"}


def test_words_that_another_language_has_are_missed(tmp_path: Path) -> None:
    folder = ROOT / "workflow/distilbeto/reports/tables/words"
    for path in folder.glob("*.yaml"):
        kept = [line for line in path.read_text().splitlines() if path.stem == "en" or "median:" not in line]
        (tmp_path / path.name).write_text("\n".join(kept))
    with pytest.raises(UserError, match=r"es\.yaml: no headings / median\s+Translate it from en\.yaml"):
        read_words(Words, tmp_path, "es")
    for path in folder.glob("*.yaml"):
        (tmp_path / path.name).write_text(path.read_text().replace("babel:", "bable:"))
    with pytest.raises(UserError, match=r"en\.yaml: babel"):
        read_words(Words, tmp_path, "en")


def files_of(folder: Path, measured: DataFrame) -> dict[str, list[Path]]:
    """What the script reads, for these numbers."""
    records: dict[str, list[dict[str, Any]]] = {"scores": [], "runs": [], "latencies": []}
    scores, others = measured[measured.test != ""], measured[measured.test == ""]
    for (model, task, test), rows in scores.groupby(["model", "task", "test"], sort=False):
        metrics = dict(zip(rows.metric, rows.value, strict=True))
        records["scores"].append({"model": model, "task": task, "test": test, "seed": 42, "metrics": metrics})
    examples = others[others.metric == "examples"].set_index("task").value
    for (model, task), rows in others[(others.task != "") & (others.model != "")].groupby(["model", "task"]):
        values = dict(zip(rows.metric, rows.value, strict=True))
        run = {"train_seconds": values.pop("train_seconds"), "examples": examples[task]}
        run["hyperparameters"] = values | {
            "micro_batch": values["batch_size"],
            "gradient_accumulation_steps": values["accumulation"],
        }
        records["runs"].append(run | {"model": model, "task": task, "seed": 42})
    for model, rows in others[others.task == ""].groupby("model"):
        seconds = list(rows[rows.metric == "seconds"].value)
        size = rows[rows.metric == "parameters"].value.iloc[0]
        record = {"seconds": seconds, "parameters": size, "load_seconds": 0.5, "memory_mib": 100.25}
        records["latencies"].append(record | {"model": model})
    paths: dict[str, list[Path]] = {}
    for kind, entries in records.items():
        for number, record in enumerate(entries):
            path = folder / f"{kind}-{number}.json"
            path.write_text(json.dumps(record))
            paths.setdefault(kind, []).append(path)
    return paths


def test_the_script_writes_all_forms_and_names_an_absent_score(
    tmp_path: Path, settings: AssemblySettings, measured: DataFrame
) -> None:
    script, paths = ROOT / "scripts" / "assemble_tables.py", files_of(tmp_path, measured)
    command: list[str | Path] = [sys.executable, script, "--settings", settings.model_dump_json()]
    command += ["--output-folder", tmp_path / "tables", "--latex", tmp_path / "t.tex"]
    command += ["--html", tmp_path / "t.html", "--text", tmp_path / "t.txt"]
    command += ["--latencies", *paths["latencies"], "--runs", *paths["runs"], "--scores"]
    subprocess.run([*command, *paths["scores"]], check=True)
    folder = tmp_path / "tables"
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*")) == [
        *(f"annex/table_a_{number}.csv" for number in range(1, 9)),
        *("comparison.csv", "kept.csv", "scores.csv", "scores.parquet"),
        *(f"table_5_{number}.csv" for number in range(1, 6)),
    ]
    assert "DistilBETO uncased" in (tmp_path / "t.txt").read_text()
    frame = pd.read_parquet(folder / "scores.parquet")
    assert frame.to_csv(index=False) == (folder / "scores.csv").read_text()
    assert frame.equals(tidy_numbers(all_numbers(settings, measured)))
    failed = subprocess.run([*command, *paths["scores"][1:]], check=False, capture_output=True, text=True)
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


def test_names_without_latex() -> None:
    assert without_latex(r"BETO \textit{uncased}") == "BETO uncased"
    assert without_latex(r"A\&B\_c") == "A&B_c"
