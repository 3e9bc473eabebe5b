"""Tables of a part of the experiment: `only`, or columns and models that an overlay takes out or adds."""

import re
from collections.abc import Container
from statistics import fmean

import pytest
from pandas import DataFrame
from tests.reports.tables.reading import ENGLISH, SPANISH, csv_rows, found, made, models, row_of, value

from distilbeto.reports.tables.comparison import comparison_csv
from distilbeto.reports.tables.document import all_numbers
from distilbeto.reports.tables.frame import Table, tidy
from distilbeto.reports.tables.references import read_published
from distilbeto.reports.tables.renderers import html_document, latex_document, text_document
from distilbeto.reports.tables.settings import AssemblySettings, Column, csv_names
from distilbeto.reports.tables.text import Document, page_of

SCORES = ("5.2", "5.3", "5.4")
OTHER_TESTS = "average of other tests"


def part(
    settings: AssemblySettings, tasks: Container[str] | None = None, keys: Container[str] | None = None
) -> AssemblySettings:
    """The settings of `only`: models are timed where the timed task is among the tasks."""
    kept = [model for model in settings.models if keys is None or model.key in keys]
    timed = tasks is None or settings.timed_task in tasks
    columns = {
        field: [column for column in getattr(settings.tables, field) if tasks is None or column.task in tasks]
        for field in ("classification", "question_answering")
    }
    return settings.model_copy(
        update={
            "tables": settings.tables.model_copy(update=columns),
            "models": [model.model_copy(update={"latency": model.latency and timed}) for model in kept],
            "annex": [trained for trained in settings.annex if tasks is None or trained.task in tasks],
        }
    )


def with_own_task(settings: AssemblySettings) -> AssemblySettings:
    """A column more, of a task that nobody published on."""
    column = Column(task="reviews", test="reviews_test", heading="Reviews")
    columns = {"classification": [*settings.tables.classification, column]}
    return settings.model_copy(
        update={
            "tables": settings.tables.model_copy(update=columns),
            "kinds": settings.kinds | {"reviews": "sequence_classification"},
            "missing": {f"{model.key}/reviews": "no run" for model in settings.measured if model.key != "distilbeto"},
        }
    )


@pytest.fixture
def with_reviews(measured: DataFrame) -> DataFrame:
    place = {"model": "distilbeto", "task": "reviews", "seed": 42}
    numbers = [{"test": "reviews_test", "metric": "accuracy", "value": 90.0}, {"metric": "train_seconds", "value": 60}]
    return tidy([*measured.to_dict("records"), *(place | number for number in numbers)])


@pytest.mark.parametrize(
    ("tasks", "keys", "numbers"),
    [
        (["xnli"], None, ["5.1", "5.2", "5.4", "5.2", "5.4", "5.2", "C.1", "C.2", "C.3", "A.1"]),
        (["mlqa", "tar"], ["s_albert_tiny"], ["5.1", "5.3", "5.4", "5.3", "5.4", "5.3", "C.2", "C.3", "A.1", "A.2"]),
        (None, ["beto_uncased"], [*SCORES, "5.5", *SCORES, "A.8"]),  # which is timed alone
        (["ner"], ["s_albert_base_v2"], ["5.1", "5.2", "5.4", "5.2", "5.4", "5.2", "C.2", "A.1"]),  # not in LREC 2022
        ([], None, ["C.1"]),
        ([], ["s_albert_tiny"], []),
    ],
)
def test_a_table_without_columns_or_rows_is_left_out_and_its_csv_file_has_headings_alone(
    settings: AssemblySettings,
    with_intervals: DataFrame,
    tasks: list[str] | None,
    keys: list[str] | None,
    numbers: list[str],
) -> None:
    chosen = part(settings, tasks, keys)
    examples = with_intervals.metric == "examples"  # of the runs
    measured = with_intervals[~examples] if not chosen.measured else with_intervals
    tables = made(chosen, measured)
    assert [table.number for table in tables] == numbers
    pages = [page_of(table, SPANISH, "") for table in tables]
    assert all(page.headings[1:] and page.lines for page in pages)
    assert text_document(pages).count("\n\n") == max(len(pages) - 1, 0)
    assert latex_document(Document(pages, SPANISH)).count(r"\begin{tabular}") == len(pages)
    assert html_document(Document(pages, SPANISH)).count("<figcaption>") == len(pages)
    frame = all_numbers(chosen, measured)
    for number in set(csv_names(len(chosen.annex))) - set(numbers):
        assert csv_rows(frame, number) == []


def test_a_published_average_is_over_the_columns_that_are_shown(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    tables = made(part(settings, ["ner", "tar"]), measured)
    literature = [entry for entry in read_published("literature") if entry.model == "beto_uncased"]
    ner, *tar = (
        [entry.value for entry in literature if (entry.task, entry.test) == place and entry.value is not None]
        for place in (("ner", "ner_test"), ("tar", "xquad"), ("tar", "mlqa_test"))
    )
    published = value(found(tables, "5.4", "thesis"), "beto_uncased").value
    assert published == pytest.approx(fmean([fmean(ner), *map(fmean, tar)]))
    assert published == pytest.approx((82.67 + (77.52 + 55.46) / 2 + (68.04 + 45.00) / 2) / 3)


@pytest.mark.parametrize("tasks", [["xnli"], ["mlqa", "tar"], ["xnli", "pos", "paws_x", "ner", "mldoc", "mlqa"]])
def test_no_difference_of_averages_over_other_tests(
    settings: AssemblySettings, measured: DataFrame, tasks: list[str]
) -> None:
    chosen = part(settings, tasks)
    table = found(made(chosen, measured), "C.2", "thesis")
    assert models(table) == [model.key for model in settings.measured]
    averages = table.numbers[table.numbers.task == ""]
    assert not averages.samples.any()
    assert set(averages.note) == {OTHER_TESTS}
    assert page_of(table, SPANISH, "").reasons == ["el promedio publicado es de otras pruebas"]
    assert page_of(table, ENGLISH, "").reasons == ["the published average is over other tests"]
    assert ",average," not in comparison_csv(chosen, all_numbers(chosen, measured))


def test_averages_over_the_same_tests_are_compared_whatever_their_order_and_models(
    settings: AssemblySettings, measured: DataFrame, tables: list[Table]
) -> None:
    chosen = part(settings, keys=["distilbeto"])
    turned = {name: getattr(chosen.tables, name)[::-1] for name in ("classification", "question_answering")}
    chosen = chosen.model_copy(update={"tables": chosen.tables.model_copy(update=turned)})
    some = made(chosen, measured)
    assert row_of(found(some, "C.2", "thesis"), "distilbeto")[8] == "0,00"
    assert list(found(some, "C.1").numbers[:6].value.round(6)) == pytest.approx(
        list(found(tables, "C.1").numbers[:6].value.round(6)), nan_ok=True
    )


def test_a_published_share_is_of_all_tests_and_stands_beside_no_share_of_others(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    lost = {f"{model.key}/mldoc/mldoc_test": "licence" for model in settings.measured}
    for chosen in (part(settings, ["mlqa"]), settings.model_copy(update={"missing": lost})):
        numbers = found(made(chosen, measured), "C.1").numbers.set_index(["name", "column"])
        assert numbers.loc[("kept.thesis", 0)].samples == numbers.loc[("kept.official", 0)].samples == 1
        assert numbers.loc[("kept.thesis", 1)].note == numbers.loc[("kept.official", 2)].note == OTHER_TESTS
        assert numbers.loc[("kept.official", 1)].note == "not published"
        assert numbers.loc[("less.parameters", 1)].value == 40.0, "sizes do not depend on tests"


def test_published_rows_of_other_data_stand_apart_and_nothing_is_compared_with_them(
    settings: AssemblySettings, measured: DataFrame
) -> None:
    """The thesis's NER is far below that of BETO cased, and its student's average beside a published teacher's."""
    chosen = settings.model_copy(update={"tables": settings.tables.model_copy(update={"published": "apart"})})
    tables = made(chosen, measured)
    scores = found(tables, "5.2", "thesis")
    keys = [model.key for model in settings.measured]
    assert models(scores) == [*keys, "mbert", "beto_uncased", "beto_cased"]
    page = page_of(scores, SPANISH, "")
    for column in range(len(scores.headings)):
        best = {line.name for line in page.body if line.cells[column].numbers[0].bold}
        assert best and not best & {line.name for line in page.apart}
    assert [line.name for line in page.apart] == ["Best mBERT", r"BETO \textit{uncased}", r"BETO \textit{cased}"]
    assert SPANISH.apart in page.remarks
    for document in (text_document([page]), latex_document(Document([page], SPANISH))):
        assert re.search(r"DistilBETO.*\n(-+|\\midrule)\nBest mBERT", document)
    assert html_document(Document([page], SPANISH)).count("<tbody>") == 2
    assert [table.number for table in tables if table.number.startswith("C")] == ["C.1"]
    shares = found(tables, "C.1").numbers.set_index("name").note.to_dict()
    assert shares["kept.thesis"] == shares["kept.official"] == "not measured"
    assert shares["less.parameters"] == shares["less.seconds"] == ""
    assert comparison_csv(chosen, all_numbers(chosen, measured)).count("\n") == 1


def test_published_rows_stand_where_they_have_a_number(settings: AssemblySettings, with_reviews: DataFrame) -> None:
    more = with_own_task(settings)
    own = part(more, ["reviews"], ["distilbeto"])
    alone = made(own, with_reviews)
    assert [table.number for table in alone] == ["5.1", "5.2", "5.4", "5.2", "5.4", "C.1"]
    assert models(found(alone, "5.2", "thesis")) == models(found(alone, "5.4", "thesis")) == ["distilbeto"]
    assert page_of(found(alone, "5.2", "thesis"), SPANISH, "").reasons == []
    beside = made(more, with_reviews)
    assert models(found(beside, "5.2", "thesis"))[:3] == ["mbert", "beto_uncased", "beto_cased"]
    averages = found(beside, "5.4", "thesis")
    assert models(averages) == [model.key for model in settings.measured], "no average over all columns is published"
    assert value(averages, "distilbeto").samples == 1
