"""The tidy frame that every table is made from: a row is one number, of one seed or of one run of the clock."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, NamedTuple

import pandas as pd
from pandas import DataFrame

from distilbeto.errors import UserError

COLUMNS = {
    "table": "str",  # its number in the thesis, such as 5.2; empty as long as a number is in none
    "protocol": "str",
    "row": "int64",  # where it stands in its table
    "column": "int64",
    "model": "str",
    "name": "str",  # of the row: LaTeX, or a key of the words
    "task": "str",
    "test": "str",
    "metric": "str",  # empty where the number is missing; then `note` says why
    "seed": "Int64",
    "run": "Int64",  # of the clock, from 1
    "value": "float64",  # in percent unless the metric has a unit of its own
    "interval_low": "float64",  # at 95 %, over the test examples
    "interval_high": "float64",
    "citation": "str",  # of a published value; empty where it was measured here
    "superscript": "str",
    "note": "str",
    "file": "str",  # that it was read from
}
ABOVE = -1  # the row above the headings
PRINTED = ["table", "protocol", "row", "column", "model", "name", "task", "test", "metric"]  # of one printed number
PLACE = ["model", "task", "test", "metric", "seed"]  # of one measured number
MEASURED = ["run", "value", "interval_low", "interval_high", "file"]
NOT_PUBLISHED = "not published"
NOT_MEASURED = "not measured"
COLLAPSE_MARK = "†"  # superscript of a number that rests on a run that collapsed
OTHER_TESTS = "average of other tests"


class Table(NamedTuple):
    """A table of the thesis, by its number there, or one of ours: printed numbers, and which words belong to them."""

    number: str
    headings: tuple[str, ...]  # texts, or keys of the words
    numbers: DataFrame  # a summary, of this table alone
    protocol: str = ""  # thesis, official, intervals, runtimes; empty: no scores
    topic: str = ""  # the key of its words, where the number is not
    subject: str = ""  # fills the caption
    first: str = "model"  # the key of the first column's heading
    grid: str = ""  # where the hyperparameters of measured rows were searched; empty for those of Annex A
    left_out: tuple[str, ...] = ()  # headings of the columns that an average is not taken of
    apart: bool = False  # published rows stand below, and are compared with nothing
    remarks: tuple[str, ...] = ()  # notes of this one table, in its language

    @property
    def key(self) -> str:
        """What its words are found by."""
        return self.topic or self.number


def tidy(rows: Iterable[Mapping[str, Any]] | DataFrame) -> DataFrame:
    """`rows` with all columns: texts that they do not name are empty, numbers NaN, places 0."""
    frame = pd.DataFrame(rows if isinstance(rows, DataFrame) else list(rows)).reindex(columns=list(COLUMNS))
    empty = {"str": "", "int64": 0}
    filled = {name: frame[name].astype(object).fillna(empty[kind]) for name, kind in COLUMNS.items() if kind in empty}
    return frame.assign(**filled).astype(COLUMNS)


def joined(frames: Sequence[DataFrame]) -> DataFrame:
    """Frames one below the other, in the order of their tables' cells."""
    return pd.concat(frames).sort_values(["table", "row", "column"], kind="stable", ignore_index=True)


def without_number(numbers: DataFrame) -> DataFrame:
    """Of each cell of `numbers` one row, which has no number."""
    return tidy(numbers.drop_duplicates(["table", "row", "column"]).drop(columns=["metric", "seed", *MEASURED]))


def look_up(wanted: DataFrame, measured: DataFrame, missing: Mapping[str, str], file: str) -> DataFrame:
    """The `wanted` numbers with their values; in place of a cell that is said to be missing, a row with the reason.

    Args:
        missing: reasons by model, model/task or model/task/test.
        file: what a file that holds such numbers is called.

    Raises:
        UserError: a number is neither measured nor said to be missing.
    """
    places = zip(wanted.model, wanted.task, wanted.test, strict=True)
    wanted = wanted.assign(note=[_reason(missing, *place) for place in places])
    known = wanted[wanted.note == ""].drop(columns=MEASURED)
    found = known.merge(measured[[*PLACE, *MEASURED]], how="left", on=PLACE)
    for absent in found[found.value.isna()].itertuples():
        raise _not_measured(absent, measured, file)
    return joined([without_number(wanted[wanted.note != ""]), tidy(found)])


def _reason(missing: Mapping[str, str], model: str, task: str, test: str) -> str:
    places = (f"{model}/{task}/{test}", f"{model}/{task}", model)
    return next((missing[place] for place in places if place in missing), "")


def _not_measured(number: Any, measured: DataFrame, file: str) -> UserError:
    place = "/".join(part for part in (number.model, number.task, number.test) if part)
    where = {"model": number.model, "task": number.task, "test": number.test, "seed": number.seed}
    others = measured.merge(tidy([where])[list(where)], on=list(where))
    if others.empty:
        seed = "" if pd.isna(number.seed) else f", seed {number.seed}"
        return UserError(f"no {file} for {place}{seed}", remedy="Name it in the command.")
    return UserError(
        f"no metric {number.metric!r}; found: {', '.join(others.metric.unique())}",
        where=others.file[0],
        remedy="Delete the file and run the workflow again.",
    )


def summary(numbers: DataFrame, more: Sequence[str] = ()) -> DataFrame:
    """The printed numbers: means over seeds or runs, with the deviation of the sample where there are several.

    `more`: columns of `numbers` to keep. An interval is of a single seed: beside a mean of several it would be taken
    for that of the mean.
    """
    groups = numbers.groupby([*PRINTED, *more], sort=False, dropna=False)
    firsts = {name: (name, "first") for name in ("interval_low", "interval_high", "citation", "superscript", "note")}
    frame = groups.agg(
        value=("value", fmean), standard_deviation=("value", _deviation), samples=("value", "count"), **firsts
    )
    frame.loc[frame.samples > 1, ["interval_low", "interval_high"]] = float("nan")
    return frame.reset_index()


def select(printed: DataFrame, table: str, protocol: str = "") -> DataFrame:
    return printed[(printed.table == table) & (printed.protocol == protocol)]


def _deviation(values: Sequence[float]) -> float:
    return stdev(values) if len(values) > 1 else float("nan")
