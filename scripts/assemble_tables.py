"""Assemble the tables from scores, runs, latencies and the values of the literature.

They are CSV, Parquet, LaTeX, HTML and plain text.

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
    import pandas as pd

    from distilbeto.reports.tables.comparison import comparison_csv
    from distilbeto.reports.tables.csv_files import csv_of, printed_csv, tidy_numbers
    from distilbeto.reports.tables.document import all_numbers, all_tables, is_annex
    from distilbeto.reports.tables.measurements import read_latencies, read_onnx, read_runs, read_scores
    from distilbeto.reports.tables.renderers import html_document, latex_document, text_document
    from distilbeto.reports.tables.settings import AssemblySettings, csv_names
    from distilbeto.reports.tables.text import Document, day_of, page_of, words_of
    from distilbeto.search.record import search_csv
    from distilbeto.storage.files import replacing, write_text

    settings = parse_settings(AssemblySettings, arguments.settings)
    words, note = words_of(settings.tables.language, settings.tables.texts.items()), settings.tables.note
    measured = [read_scores(arguments.scores), read_runs(arguments.runs), read_latencies(arguments.latencies)]
    onnx = read_onnx(arguments.onnx_manifests, arguments.onnx_latencies, arguments.onnx_scores)
    numbers = all_numbers(settings, pd.concat([*measured, onnx]))
    tables = all_tables(settings, numbers)

    folder = arguments.output_folder
    for number, name in csv_names(len(settings.annex)).items():
        write_text(folder / f"{name}.csv", printed_csv(numbers[numbers.table == number]))
    write_text(folder / "comparison.csv", comparison_csv(settings, numbers))
    if arguments.searches:
        write_text(folder / "search.csv", search_csv(arguments.searches))
    write_text(folder / "scores.csv", csv_of(tidy_numbers(numbers)))
    with replacing(folder / "scores.parquet") as temporary:
        tidy_numbers(numbers).to_parquet(temporary, index=False)
    pages = [page_of(table, words, note, settings.accepted, bootstrap=settings.bootstrap) for table in tables]
    day = day_of([*arguments.scores, *arguments.runs, *arguments.latencies])
    document = Document(pages, words, words.titles["tables"], note, day)
    write_text(arguments.latex, latex_document(document))
    write_text(arguments.html, html_document(document))
    write_text(
        arguments.text, text_document([page for page, table in zip(pages, tables, strict=True) if not is_annex(table)])
    )


if __name__ == "__main__":
    start(main, parser())
