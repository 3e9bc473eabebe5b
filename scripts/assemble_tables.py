"""Assemble Tables 5.2-5.5 from scores, latencies and the values of the literature: CSV, LaTeX and plain text.

Example:
    python scripts/assemble_tables.py --settings "$SETTINGS" --scores results/scores/*/*/*/*.json \\
        --latencies results/latency/*.json --output-folder results/tables \\
        --latex results/tables.tex --text results/tables.txt
"""

import argparse
from pathlib import Path

from distilbeto.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="AssemblySettings as JSON")
    arguments.add_argument("--scores", type=Path, nargs="*", default=[])
    arguments.add_argument("--latencies", type=Path, nargs="*", default=[])
    arguments.add_argument("--searches", type=Path, nargs="*", default=[], help="records of hyperparameter searches")
    arguments.add_argument(
        "--output-folder", type=Path, required=True, help="for table_5_2.csv ... table_5_5.csv; of searches search.csv"
    )
    arguments.add_argument("--latex", type=Path, required=True)
    arguments.add_argument("--text", type=Path, required=True)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.files import write_text
    from distilbeto.search.record import search_csv
    from distilbeto.tables.build import build_tables
    from distilbeto.tables.latex import latex_document
    from distilbeto.tables.plain import plain_document
    from distilbeto.tables.results import read_latencies, read_literature, read_scores
    from distilbeto.tables.settings import AssemblySettings
    from distilbeto.tables.text import WORDS
    from distilbeto.tables.tidy import csv_text

    settings = parse_settings(AssemblySettings, arguments.settings)
    words, note = WORDS[settings.tables.language], settings.tables.note
    scores, latencies = read_scores(arguments.scores), read_latencies(arguments.latencies)
    tables = build_tables(settings, scores, latencies, read_literature())
    for number in ("5.2", "5.3", "5.4", "5.5"):
        path = arguments.output_folder / f"table_{number.replace('.', '_')}.csv"
        write_text(path, csv_text([table for table in tables if table.number == number]))
    if arguments.searches:
        write_text(arguments.output_folder / "search.csv", search_csv(arguments.searches))
    write_text(arguments.latex, latex_document(tables, words, note))
    write_text(arguments.text, plain_document(tables, words, note))


if __name__ == "__main__":
    start(main, parser())
