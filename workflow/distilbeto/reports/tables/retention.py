"""Table C.1: what a student keeps of its teacher's scores, and what it saves: the thesis's 94 %, 40 % and 50 %."""

from collections.abc import Mapping
from statistics import fmean

from pandas import DataFrame

from distilbeto.reports.tables.format import without_latex
from distilbeto.reports.tables.frame import NOT_MEASURED, NOT_PUBLISHED, OTHER_TESTS, Table, select, tidy
from distilbeto.reports.tables.references import SOURCES, averaged_tests, read_published
from distilbeto.reports.tables.scores import averages
from distilbeto.reports.tables.settings import AssemblySettings, ModelRow

QUANTITIES = ("kept.thesis", "kept.official", "less.parameters", "less.seconds")
HERE = "this"
TABLE = "C.1"

Quantities = Mapping[tuple[str, str], float]  # by what is measured, before the point, and the model


def retention_numbers(settings: AssemblySettings, scores: DataFrame, measured: DataFrame) -> DataFrame:
    """Of each student that has a teacher, in percent of that teacher: measured, and as published."""
    published = {source: published_quantities(source) for source in settings.tables.compared_with}
    unscored = {"kept.thesis", "kept.official"} - {f"kept.{protocol}" for protocol in settings.tables.protocols}
    scores = scores[scores.citation == ""] if settings.tables.published == "apart" else scores
    asked = [quantity for quantity in QUANTITIES if quantity not in unscored]
    rows = []
    for model in _students(settings):
        both = of_shared_tests(scores, model)
        sources = {HERE: own_quantities(both, measured)} | published
        tests, columns = set(zip(both.task, both.test, strict=True)), len(settings.averaged)
        for row, quantity in enumerate(asked):
            for column, (source, quantities) in enumerate(sources.items()):
                value, note = _cell(share(quantities, quantity, model), quantity, source, tests, columns)
                rows.append(
                    {"table": TABLE, "row": row, "column": column, "model": model.key, "name": quantity}
                    | {"metric": "" if value is None else quantity, "value": value}
                    | {"citation": SOURCES.get(source, ""), "note": note}
                )
    return tidy(rows)


def _cell(
    value: float | None, quantity: str, source: str, tests: set[tuple[str, str]], columns: int
) -> tuple[float | None, str]:
    """A share and its note: of how many tests ours is, or why there is none.

    A published average has no place beside one over other tests than the thesis's. That of LREC 2022 is over SQAC in
    place of one of these, and is taken for the same.
    """
    if value is None:
        return None, NOT_MEASURED if source == HERE else NOT_PUBLISHED
    if not quantity.startswith("kept."):
        return value, ""
    if source == HERE:
        return value, f"{len(tests)} of {columns} tests" if len(tests) < columns else ""
    return (value, "") if tests == averaged_tests("thesis") else (None, OTHER_TESTS)


def retention_tables(settings: AssemblySettings, printed: DataFrame) -> list[Table]:
    """One of each student."""
    numbers, headings = select(printed, TABLE), (HERE, *settings.tables.compared_with)
    names = {model.key: without_latex(model.name) for model in _students(settings)}
    return [
        Table(TABLE, headings, numbers[numbers.model == model], "", "retention", name, "what", settings.grid)
        for model, name in names.items()
    ]


def _students(settings: AssemblySettings) -> list[ModelRow]:
    return [model for model in settings.measured if model.teacher]


def share(quantities: Quantities, quantity: str, student: ModelRow) -> float | None:
    """`kept.*`: the student's number in percent of the teacher's; `less.*`: by how much it is less."""
    mine, whole = quantities.get((quantity, student.key)), quantities.get((quantity, student.teacher or ""))
    if mine is None or not whole:
        return None
    return 100 * (whole - mine) / whole if quantity.startswith("less.") else 100 * mine / whole


def of_shared_tests(scores: DataFrame, student: ModelRow) -> DataFrame:
    """The scores of a student and its teacher on the tests that both have.

    The teacher's are the published ones where it is not measured.
    """
    both = scores[scores.value.notna() & scores.model.isin([student.key, student.teacher])]
    return both[both.groupby(["protocol", "task", "test"]).model.transform("nunique") == 2]


def own_quantities(both: DataFrame, measured: DataFrame) -> Quantities:
    """The averages of `both` in both protocols; parameters and seconds of all timed models."""
    seeds = averages(both, ["protocol", "model", "seed"])
    means = seeds.groupby(level=["protocol", "model"]).agg(fmean)
    costs = measured[measured.metric.isin(["parameters", "seconds"])].groupby(["metric", "model"]).value.agg(fmean)
    return {(f"kept.{protocol}", model): value for (protocol, model), value in means.items()} | {
        (f"less.{metric}", model): value for (metric, model), value in costs.items()
    }


def published_quantities(source: str) -> Quantities:
    """The same of a publication."""
    names = {
        "average": "kept.thesis" if source == "thesis" else "kept.official",
        "parameters": "less.parameters",
        "seconds": "less.seconds",
    }
    return {
        (names[entry.metric], entry.model): entry.value
        for entry in read_published(source)
        if entry.metric in names and entry.value is not None
    }
