"""All tables, in the order in which they are printed."""

from typing import Any, NamedTuple

from distilbeto.reports.tables.build import build_tables
from distilbeto.reports.tables.comparison import difference_table
from distilbeto.reports.tables.latencies import latency_rows, run_times
from distilbeto.reports.tables.results import Scores
from distilbeto.reports.tables.retention import kept_tables
from distilbeto.reports.tables.runtimes import Runtimes, runtime_table
from distilbeto.reports.tables.settings import AssemblySettings
from distilbeto.reports.tables.table import Row, Table
from distilbeto.reports.tables.trainings import Runs, hyperparameter_tables, training_times

ANNEX = "annex"
ACCEPTED = {
    "es": "Resultados de {stages} hechos con código anterior y aceptados como son (accepted.json).",
    "en": "Results of {stages} were made by earlier code and accepted as they are (accepted.json).",
}


class Measurements(NamedTuple):
    """What tables are made from."""

    scores: Scores
    latencies: dict[str, dict[str, Any]]
    runs: Runs
    literature: list[Row]
    runtimes: Runtimes = Runtimes({}, {}, {})


def all_tables(settings: AssemblySettings, measured: Measurements) -> list[Table]:
    """Table 5.1, Tables 5.2-5.5, the comparisons C.1-C.3, then the annex.

    Raises:
        UserError: something is neither there nor said to be missing.
    """
    scores, latencies, runs, literature, runtimes = measured
    annex = hyperparameter_tables(settings, runs)
    onnx = runtime_table(settings, latency_rows(settings, latencies), scores, latencies, runtimes)
    tables = [
        training_times(settings, runs),
        *build_tables(settings, scores, latencies, literature),
        *([onnx] if onnx.rows else []),
        *kept_tables(settings, scores, latencies, literature, "C.1"),
        difference_table(settings, scores, "thesis", "C.2"),
        difference_table(settings, scores, "lrec2022", "C.3"),
        *annex,
        run_times(settings, latencies, f"A.{len(annex) + 1}"),
    ]
    if settings.accepted:
        remark = ACCEPTED[settings.tables.language].format(stages=", ".join(settings.accepted))
        return [table._replace(remarks=(*table.remarks, remark)) for table in tables]
    return tables


def is_annex(table: Table) -> bool:
    return table.number.startswith("A.")


def file_names(trainings: int) -> dict[str, str]:
    """The CSV file of each table by its number, with `trainings` training sets: table_5_1 to annex/table_a_8.

    Those of the annex, as many as the configuration has tasks, lie in a folder of their own.
    """
    names = {f"5.{number}": f"table_5_{number}" for number in range(1, 6)} | {"C.1": "kept"}
    return names | {f"A.{number}": f"{ANNEX}/table_a_{number}" for number in range(1, trainings + 2)}
