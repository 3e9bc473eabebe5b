"""Assemble the tables from scores, runs, latencies and the values of the literature: CSV, LaTeX and plain text.

Example:
    python scripts/assemble_tables.py --settings "$SETTINGS" --scores results/scores/*/*/*/*.json \\
        --runs results/finetuned/*/*/*/run.json --latencies results/latency/*.json \\
        --output-folder results/tables --latex results/tables.tex --html results/tables.html --text results/tables.txt
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="AssemblySettings as JSON")
    arguments.add_argument("--scores", type=Path, nargs="*", default=[])
    arguments.add_argument("--runs", type=Path, nargs="*", default=[], help="run.json of the fine-tunings")
    arguments.add_argument("--latencies", type=Path, nargs="*", default=[])
    arguments.add_argument("--onnx-manifests", type=Path, nargs="*", default=[])
    arguments.add_argument("--onnx-latencies", type=Path, nargs="*", default=[])
    arguments.add_argument("--onnx-scores", type=Path, nargs="*", default=[])
    arguments.add_argument("--searches", type=Path, nargs="*", default=[], help="records of hyperparameter searches")
    arguments.add_argument(
        "--output-folder",
        type=Path,
        required=True,
        help="for table_5_1.csv ..., annex/table_a_8.csv, comparison.csv ...",
    )
    arguments.add_argument("--latex", type=Path, required=True)
    arguments.add_argument("--html", type=Path, required=True)
    arguments.add_argument("--text", type=Path, required=True)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.reports.tables.comparison import comparison_csv
    from distilbeto.reports.tables.csv_files import csv_text
    from distilbeto.reports.tables.document import Measurements, all_tables, file_names, is_annex
    from distilbeto.reports.tables.html import html_document
    from distilbeto.reports.tables.latex import latex_document
    from distilbeto.reports.tables.results import read_latencies, read_literature, read_scores
    from distilbeto.reports.tables.runtimes import read_runtimes
    from distilbeto.reports.tables.settings import AssemblySettings
    from distilbeto.reports.tables.text import WORDS
    from distilbeto.reports.tables.text_tables import plain_document
    from distilbeto.reports.tables.trainings import read_runs
    from distilbeto.search.record import search_csv
    from distilbeto.storage.files import write_text

    settings = parse_settings(AssemblySettings, arguments.settings)
    words, note = WORDS[settings.tables.language], settings.tables.note
    scores, latencies = read_scores(arguments.scores), read_latencies(arguments.latencies)
    runs, literature = read_runs(arguments.runs), read_literature()
    runtimes = read_runtimes(arguments.onnx_manifests, arguments.onnx_latencies, arguments.onnx_scores)
    tables = all_tables(settings, Measurements(scores, latencies, runs, literature, runtimes))
    for number, name in file_names(len(settings.annex)).items():
        path = arguments.output_folder / f"{name}.csv"
        write_text(path, csv_text([table for table in tables if table.number == number]))
    write_text(arguments.output_folder / "comparison.csv", comparison_csv(settings, scores))
    if arguments.searches:
        write_text(arguments.output_folder / "search.csv", search_csv(arguments.searches))
    write_text(arguments.latex, latex_document(tables, words, note))
    write_text(arguments.html, html_document(tables, words, note))
    write_text(arguments.text, plain_document([table for table in tables if not is_annex(table)], words, note))


if __name__ == "__main__":
    start(main, parser())
