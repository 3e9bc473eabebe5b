"""Tables of another benchmark than the thesis's: its columns, its published rows, its words, one protocol."""

from statistics import fmean

import pandas as pd
import pytest
from pandas import DataFrame
from tests.reports.tables.reading import bold, found, made, models, row_of, texts, value, with_scores, with_seed

from distilbeto.glues.kinds import TaskKind
from distilbeto.reports.tables.comparison import comparison_csv, published_scores
from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.frame import Table
from distilbeto.reports.tables.references import SOURCES, read_published
from distilbeto.reports.tables.retention import published_quantities
from distilbeto.reports.tables.settings import AssemblySettings, Column, TablesSettings, Texts
from distilbeto.reports.tables.text import page_of, words_of

PUBLISHED = ["roberta_bne_base", "roberta_bne_large", "beto_cased", "mbert", "bertin", "electricidad"]
TASKS = ["xnli", "pos", "ner"]


@pytest.fixture
def evales(settings: AssemblySettings) -> AssemblySettings:
    """EvalES's tests that are also the thesis's, and its published rows."""
    tables = settings.tables.model_dump() | {
        "classification": [column for column in settings.tables.classification if column.task in TASKS],
        "question_answering": [],
        "protocols": ["official"],
        "references": ["evales"],
        "comparisons": ["evales"],
        "texts": {"5.2": {"caption": "EvalES {subject}", "official": "Según EvalES."}},
    }
    annex = [trained for trained in settings.annex if trained.task in TASKS]
    return settings.model_copy(update={"tables": TablesSettings(**tables), "annex": annex})


@pytest.fixture
def shown(evales: AssemblySettings, measured: DataFrame) -> list[Table]:
    return made(evales, measured)


def test_the_published_rows_are_those_of_the_benchmark_and_no_others(shown: list[Table]) -> None:
    table = found(shown, "5.2", "official")
    assert models(table)[:6] == PUBLISHED
    assert row_of(table, "beto_cased") == ["81,30", "99,00a", "87,59"]
    assert (
        "(a) PlanTL-GOB-ES (2023): seqeval F1, (sin superíndice) PlanTL-GOB-ES (2023)"
        in page_of(table, words_of("es"), "").remarks[-1]
    )


def test_they_stand_in_no_table_that_does_not_ask_for_them(tables: list[Table]) -> None:
    assert not {*PUBLISHED} - {"beto_cased", "mbert"} & {model for table in tables for model in models(table)}
    assert not any("PlanTL" in citation for table in tables for citation in table.numbers.citation)


def test_their_averages_are_over_their_own_numbers_alone(shown: list[Table]) -> None:
    entries = [entry for entry in read_published("evales") if entry.model == "mbert" and entry.task in TASKS]
    mean = fmean(entry.value for entry in entries if entry.value is not None)
    assert value(found(shown, "5.4", "official"), "mbert").value == pytest.approx(mean)


@pytest.mark.parametrize("source", ["speedy_gonzales", "lrec2022", "evales"])
def test_published_rows_name_their_model_and_who_published_them(source: str) -> None:
    entries = read_published(source)
    assert all(entry.name and entry.source.startswith(SOURCES[source]) for entry in entries)
    places = [(entry.model, entry.task, entry.test, entry.metric) for entry in entries]
    assert len({*places}) == len(places)


def test_the_score_of_speedy_gonzales_is_the_mean_with_question_answering_by_f1_alone() -> None:
    """Truncated, not rounded: a slip of the fingers would show. It stands beside no average of another kind."""
    entries = read_published("speedy_gonzales")
    scores = [entry for entry in entries if entry.metric == "average_f1"]
    assert len(scores) == len({entry.model for entry in entries}) == 17
    for score in scores:
        of_model = [entry.value for entry in entries if entry.model == score.model and entry.test]
        exact = {entry.value for entry in entries if entry.model == score.model and entry.metric == "exact_match"}
        counted = [value for value in of_model if value is not None and value not in exact]
        assert (len(counted), len(exact)) == (8, 3)
        assert score.value is not None and 0 <= fmean(counted) - score.value < 0.01
    assert not published_quantities("speedy_gonzales")


def test_runs_that_failed_are_marked_and_not_compared(settings: AssemblySettings, measured: DataFrame) -> None:
    chosen = {"references": ["speedy_gonzales"], "comparisons": ["speedy_gonzales"]}
    mine = settings.model_copy(update={"tables": settings.tables.model_copy(update=chosen)})
    table = found(made(mine, measured), "5.2", "official")
    assert row_of(table, "roberta_bne_large") == ["51,62b", "61,83a", "90,00", "21,47b", "97,00"]
    assert "(b) Cañete & Bravo-Marquez (2024): failed run" in page_of(table, words_of("es"), "").remarks[-1]
    compared = published_scores("speedy_gonzales").query("model == 'roberta_bne_large'")
    assert {*compared.task} == {"paws_x", "mldoc", "mlqa", "sqac", "tar"}


def test_rows_of_two_publications_are_refused_together(settings: AssemblySettings) -> None:
    with pytest.raises(ValueError, match="evales, speedy_gonzales: each was measured in its own way"):
        TablesSettings(**settings.tables.model_dump() | {"references": ["evales", "speedy_gonzales"]})


def test_one_protocol_leaves_no_table_of_the_other(shown: list[Table]) -> None:
    assert {table.key for table in shown if table.protocol == "thesis"} == {"5.5"}, "which has no scores"
    (kept,) = (table for table in shown if table.number == "C.1")
    assert "kept.thesis" not in {*kept.numbers.name}


def test_a_published_number_of_another_metric_is_not_the_best_of_its_column(
    evales: AssemblySettings, measured: DataFrame
) -> None:
    """The F1 of UD-POS, 99.07, is no accuracy."""
    best = measured[(measured.task == "pos") & (measured.metric == "accuracy")].value.max()
    table = found(made(evales, measured), "5.2", "official")
    column = {(model, place) for model, place, _ in bold(table) if place == 1}
    assert column and not {model for model, _ in column} & {*PUBLISHED}
    assert all(texts(table)[place] == f"{best:.2f}".replace(".", ",") for place in column)
    high = with_scores(measured, "s_albert_tiny", "ner", "ner_test", {"conlleval.f1": 88.0, "subtokens.f1": 88.0})
    again = bold(found(made(evales, high), "5.2", "official"))
    assert {model for model, place, _ in again if place == 2} == {"roberta_bne_base"}, "of the same metric it may be"


def test_a_model_that_is_measured_too_is_compared(evales: AssemblySettings, measured: DataFrame) -> None:
    """With the numbers of the same metric alone."""
    row = next(model for model in evales.models if model.key == "s_albert_tiny")
    mine = evales.model_copy(update={"models": [row.model_copy(update={"key": "mbert"})]})
    tables = made(mine, measured.assign(model=measured.model.replace({"s_albert_tiny": "mbert"})))
    assert models(found(tables, "5.2", "official"))[5:] == ["mbert"]
    table = found(tables, "C.2", "official")
    assert table.headings[:2] == (evales.tables.classification[0].heading, evales.tables.classification[2].heading)
    assert all(value(table, "mbert", column).samples for column in range(2))
    assert "Diferencia de este experimento con PlanTL-GOB-ES (2023)" in page_of(table, words_of("es"), "").caption


def test_texts_of_the_configuration_stand_in_place_of_the_words(evales: AssemblySettings, shown: list[Table]) -> None:
    words = words_of("es", evales.tables.texts.items())
    page = page_of(found(shown, "5.2", "official"), words, "")
    assert (page.caption, page.remarks[0]) == ("EvalES ", "Según EvalES.")
    assert words.tables["5.4"] == words_of("es").tables["5.4"]


@pytest.mark.parametrize("caption", ["{model}", "{", "{0}"])
def test_a_brace_without_a_meaning_is_refused(caption: str) -> None:
    with pytest.raises(ValueError, match=r"of braces only \{subject\} has a meaning"):
        Texts(caption=caption)


def test_no_comparison_leaves_none(settings: AssemblySettings, measured: DataFrame) -> None:
    alone = settings.model_copy(update={"tables": settings.tables.model_copy(update={"comparisons": []})})
    assert {table.number for table in made(alone, measured) if table.number[0] == "C"} == {"C.1"}
    assert comparison_csv(alone, all_numbers(alone, measured)).startswith("reference,protocol,model")


def test_a_mean_over_bootstrap_samples_stands_with_its_confidence_interval(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    """1.96 times the deviation of the sample, divided by the root of its size: of 0, 2, 4, 6 it is 2.53."""
    numbers = measured
    for place in (1, 2, 3):
        numbers = with_seed(numbers, 42 + place, {"ner": 2.0 * place})
    tables = made(settings.model_copy(update={"seeds": [42, 43, 44, 45]}), numbers)
    table = found(tables, "5.2", "official")
    line = models(table).index("distilbeto")
    shown = {}
    for bootstrap, words in ((True, "1,96 errores estándar de 4"), (False, "desviación estándar de 4 semillas")):
        page = page_of(table, words_of("es"), "", bootstrap=bootstrap)
        shown[bootstrap] = page.lines[line].cells[3].numbers[0]
        assert any(words in remark for remark in page.remarks)
    assert (shown[True].deviation, shown[False].deviation) == ("2,53", "2,58")
    assert shown[True].text == shown[False].text
    times = page_of(found(tables, "5.5", "thesis"), words_of("es"), "", bootstrap=True)
    assert any("desviación estándar de 5 ejecuciones" in remark for remark in times.remarks)


def test_f1_alone_is_shown_and_not_averaged_beside_f1_and_exact_match(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    columns = [Column(task="sqac", test="sqac_test", heading="SQAC,SQAC")]
    tables = TablesSettings(classification=[], question_answering=columns, references=["evales"], comparisons=[])
    changes = {"tables": tables, "annex": [], "kinds": {"sqac": TaskKind.QUESTION_ANSWERING}, "missing": {}}
    mine = settings.model_copy(update=changes)
    of_tar = measured[(measured.task == "tar") & (measured.test != "xquad")].assign(task="sqac")
    more = of_tar.assign(test=of_tar.test.replace("mlqa_test", "sqac_test"))
    shown = made(mine, pd.concat([measured, more]))
    table = found(shown, "5.3", "official")
    assert row_of(table, "beto_cased") == ["79,23"]
    assert row_of(table, "distilbeto")[0].count(" / ") == 1
    assert not {*models(found(shown, "5.4", "official"))} & {*PUBLISHED}
    assert value(found(shown, "5.4", "official"), "distilbeto").samples == 1
