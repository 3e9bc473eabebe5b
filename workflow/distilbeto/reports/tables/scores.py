"""Tables 5.2-5.4: the scores of each model and test in both protocols, and their averages."""

from collections.abc import Sequence
from statistics import fmean

import pandas as pd
from pandas import DataFrame, Series

from distilbeto.glues.metrics.by_kind import reported_metrics
from distilbeto.reports.tables.frame import COLLAPSE_MARK, NOT_PUBLISHED, Table, look_up, select, tidy
from distilbeto.reports.tables.measurements import COLLAPSED
from distilbeto.reports.tables.references import Published
from distilbeto.reports.tables.settings import AssemblySettings, Column

AVERAGE = "average"


def metrics_of(settings: AssemblySettings, column: Column, protocol: str) -> tuple[str, ...]:
    """The metrics of a column's cells."""
    reported = reported_metrics(
        settings.kinds[column.task],
        spans=column.task in settings.span_tasks,
        answer_metric=settings.answer_metrics.get(column.test, "squad"),
        metric=settings.class_metrics.get(column.task, "accuracy"),
        unanswerable=column.task in settings.unanswerable_tasks,
    )
    return reported.thesis if protocol == "thesis" else reported.official


def score_numbers(settings: AssemblySettings, measured: DataFrame, literature: Sequence[Published]) -> DataFrame:
    """Tables 5.2 and 5.3 in each protocol: the published rows, but for models that are measured, then ours.

    The published rows stand below where they are set apart.

    Raises:
        UserError: a score is neither there nor said to be missing.
    """
    published = _published(settings, literature)
    apart = settings.tables.published == "apart"
    above = 0 if apart or published.empty else published.row.max() + 1
    published = published.assign(row=published.row + len(settings.measured) * apart)
    frames = []
    for protocol in settings.tables.protocols:
        wanted = [
            place | {"metric": metric, "seed": seed, "row": row, "model": model.key, "name": model.name}
            for row, model in enumerate(settings.measured, start=above)
            for place, column in zip(_places(settings), settings.columns, strict=True)
            for metric in metrics_of(settings, column, protocol)
            for seed in settings.seeds
        ]
        ours = look_up(tidy(wanted), measured, settings.missing, "score file")
        frames.append(pd.concat([published, _marked(ours, measured)]).assign(protocol=protocol))
    return pd.concat(frames, ignore_index=True)


def score_tables(settings: AssemblySettings, printed: DataFrame, protocol: str) -> list[Table]:
    """Tables 5.2-5.4 as a protocol scores."""
    apart = settings.tables.published == "apart"
    tables = [
        Table(number, headings, select(printed, number, protocol), protocol, grid=settings.grid, apart=apart)
        for number, headings in _headings(settings).items()
    ]
    left_out = tuple(column.heading for column in settings.columns if not column.average)
    means = Table("5.4", (AVERAGE,), select(printed, "5.4", protocol), protocol, grid=settings.grid, left_out=left_out)
    return [*tables, means._replace(apart=apart)]


def interval_tables(settings: AssemblySettings, printed: DataFrame) -> list[Table]:
    """Tables 5.2 and 5.3 again, of the rows whose official scores have intervals: those of single seeds."""
    tables = []
    for number, headings in _headings(settings).items():
        scores = select(printed, number, "official")
        rows = scores.groupby("row")
        complete = rows.interval_low.transform("count") == rows.samples.transform("sum")
        known = scores[complete & (rows.samples.transform("sum") > 0)]
        tables.append(Table(number, headings, known, "intervals", f"{number}.intervals", grid=settings.grid))
    return tables


def _headings(settings: AssemblySettings) -> dict[str, tuple[str, ...]]:
    parts = {"5.2": settings.tables.classification, "5.3": settings.tables.question_answering}
    return {number: tuple(column.heading for column in columns) for number, columns in parts.items()}


def _places(settings: AssemblySettings) -> list[dict[str, object]]:
    parts = {"5.2": settings.tables.classification, "5.3": settings.tables.question_answering}
    return [
        {"table": table, "column": place, "task": column.task, "test": column.test}
        for table, columns in parts.items()
        for place, column in enumerate(columns)
    ]


def _published(settings: AssemblySettings, literature: Sequence[Published]) -> DataFrame:
    """A row of the literature for each of its numbers; of a column that a model was not published on, one without."""
    numbers = pd.DataFrame(literature, columns=Published._fields).rename(columns={"source": "citation"})
    numbers = numbers[~numbers.model.isin([model.key for model in settings.measured])]
    rows = numbers.groupby(["model", "name"], sort=False).citation.agg(_citations).reset_index(name="all")
    places = pd.DataFrame(_places(settings), columns=["table", "column", "task", "test"])
    cells = rows.reset_index(names="row").merge(places, how="cross")
    found = cells.merge(numbers.drop(columns=["name", "table"]), how="left", on=["model", "task", "test"])
    absent = found.value.isna()
    found["citation"] = found.citation.where(~absent, found["all"])
    return tidy(found.assign(note=absent.map({True: NOT_PUBLISHED, False: ""})))


def _marked(ours: DataFrame, measured: DataFrame) -> DataFrame:
    """`ours` with a mark at all numbers of a cell of which any seed's run collapsed."""
    runs = measured[measured.metric == COLLAPSED]
    collapsed = set(zip(runs.model, runs.task, strict=True))
    marked = [place in collapsed for place in zip(ours.model, ours.task, strict=True)]
    return ours.assign(superscript=ours.superscript.mask(Series(marked, ours.index, bool), COLLAPSE_MARK))


def _citations(citations: Sequence[str]) -> str:
    return "; ".join(dict.fromkeys(citations))


def test_means(numbers: DataFrame, by: Sequence[str]) -> Series:
    """The score of each test: of question answering, the mean of F1 and exact match."""
    return numbers.groupby([*by, "task", "test"], sort=False, dropna=False).value.agg(fmean)


def averages(numbers: DataFrame, by: Sequence[str]) -> Series:
    """The mean over all tests in `numbers` for each of `by`, a test of question answering counting once."""
    return test_means(numbers, by).groupby(level=list(by), sort=False, dropna=False).agg(fmean)


def averaged_scores(settings: AssemblySettings, scores: DataFrame) -> DataFrame:
    """The scores of the columns that averages are taken of."""
    places = {(column.task, column.test) for column in settings.averaged}
    inside = [place in places for place in zip(scores.task, scores.test, strict=True)]
    return scores[Series(inside, scores.index, bool)]


def average_numbers(scores: DataFrame) -> DataFrame:
    """Table 5.4: the average of each row of Tables 5.2 and 5.3, one a seed, for the deviation of the average.

    A row with a missing cell has none: one over fewer columns would not compare with the others. Nor has a published
    one with F1 alone, where others have exact match too.
    """
    row = ["protocol", "row", "model", "name"]
    citations = scores.groupby(row, sort=False).citation.agg(_citations)
    metrics = scores.groupby([*row, "task", "test", "seed"], dropna=False).metric.transform("size")
    lacks = metrics < metrics.groupby([scores.protocol, scores.task, scores.test]).transform("max")
    scores = scores.assign(note=scores.note.where(scores.value.isna() | ~lacks, NOT_PUBLISHED))
    missing = scores[scores.value.isna() | lacks].sort_values("value", na_position="first", kind="stable")
    missing = missing.drop_duplicates(row)[[*row, "note"]]
    whole = scores.merge(missing[row], how="left", on=row, indicator=True)
    whole = whole[whole._merge == "left_only"]
    found = averages(whole, [*row, "seed"]).reset_index().assign(metric=AVERAGE)
    marks = scores.superscript.eq(COLLAPSE_MARK).groupby([scores[name] for name in row]).any()
    marks = marks.map({True: COLLAPSE_MARK, False: ""}).rename("superscript")
    numbers = pd.concat([missing, found]).assign(table="5.4").join(citations, on=row).join(marks, on=row)
    return tidy(numbers).sort_values(["protocol", "row"], ascending=[False, True], kind="stable", ignore_index=True)
