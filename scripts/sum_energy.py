"""Sum the energy of all jobs by stage, with its CO2: CSV, LaTeX, HTML and plain text.

Example:
    python scripts/sum_energy.py --settings '{"energy": {"country": "CHL"}, "language": "en"}' --logs results/logs \\
        --stages results/energy/stages.csv --jobs results/energy/jobs.csv \\
        --latex results/energy.tex --html results/energy.html --text results/energy.txt
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, parse_settings, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--settings", required=True, help="FootprintSettings as JSON")
    arguments.add_argument(
        "--logs", type=Path, required=True, help="the folder of the logs, with the records beside them"
    )
    arguments.add_argument("--stages", type=Path, required=True, help="CSV of the sums to write")
    arguments.add_argument("--jobs", type=Path, required=True, help="CSV of each job to write")
    arguments.add_argument("--latex", type=Path, required=True)
    arguments.add_argument("--html", type=Path, required=True)
    arguments.add_argument("--text", type=Path, required=True)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.reports.energy.document import footprint_of
    from distilbeto.reports.energy.settings import FootprintSettings
    from distilbeto.reports.tables.renderers import html_document, latex_document, text_document
    from distilbeto.reports.tables.text import Document, day_of, page_of, words_of
    from distilbeto.storage.files import write_text

    settings = parse_settings(FootprintSettings, arguments.settings)
    words = words_of(settings.language)
    footprint = footprint_of(arguments.logs, settings.energy, words)
    write_text(arguments.stages, footprint.stages)
    write_text(arguments.jobs, footprint.jobs)
    pages = [page_of(table, words, settings.note) for table in footprint.tables]
    day = day_of(arguments.logs.rglob("*.energy.jsonl"))
    document = Document(pages, words, words.titles["energy"], settings.note, day)
    write_text(arguments.latex, latex_document(document))
    write_text(arguments.html, html_document(document))
    write_text(arguments.text, text_document(pages))


if __name__ == "__main__":
    start(main, parser())
