"""Say what would run again and why, stage by stage, before anything runs; or keep what changed code made stale.

It plans what the last run was asked for, with its configuration, or what the arguments after `--` say. What is accepted
stands in accepted.json beside the results, and the tables say so.

Example:
    python scripts/explain.py --results results
    python scripts/explain.py --results results -- --configfile mine.yaml results/tables.tex
    python scripts/explain.py --results results --accept distil_segment --reason "only the order of imports changed"
"""

import argparse
import datetime
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.job.cli import argument_parser, start

if TYPE_CHECKING:
    from distilbeto.plan.explanation import Plan

VARIABLE = "DISTILBETO_EXPLANATION"  # rules/records.smk


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--results", type=Path, default=Path("results"), help="folder of results (%(default)s)")
    arguments.add_argument("--accept", metavar="STAGE", help="keep the results of this stage, or of `all`")
    arguments.add_argument("--reason", default="", help="why the change of its code cannot matter")
    arguments.add_argument("snakemake", nargs="*", help="arguments of snakemake in place of the last run's")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.plan.acceptance import accept
    from distilbeto.plan.explanation import asked_for, explain
    from distilbeto.plan.layout import Layout
    from distilbeto.storage.files import read_record

    record = Path(Layout(str(arguments.results)).last_run)
    command = arguments.snakemake or (asked_for(read_record(record, ["command"])["command"]) if record.exists() else [])
    if arguments.accept is not None:
        today = f"{datetime.date.today():%Y-%m-%d}"
        for stage in accept(arguments.results, arguments.accept, plan(command), reason=arguments.reason, date=today):
            print(f"Accepted: {stage}")
    print(explain(plan(command), f"make accept RESULTS={shlex.quote(str(arguments.results))}"), end="")


def plan(arguments: list[str]) -> "Plan":
    """The plan of `snakemake` with these arguments.

    Raises:
        UserError: there is no plan.
    """
    from distilbeto.errors import UserError
    from distilbeto.plan.explanation import Job, Plan
    from distilbeto.storage.files import read_json

    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "plan.json"
        command = ["snakemake", "--quiet", "rules", "progress", "--dry-run", *arguments]
        environment = os.environ | {VARIABLE: str(written)}
        ran = subprocess.run(
            [sys.executable, "-m", *command], check=False, env=environment, capture_output=True, text=True
        )
        if ran.returncode or not written.exists():
            raise UserError(f"`{shlex.join(command)}` makes no plan:\n{ran.stdout}{ran.stderr}")
        found = read_json(written)
    return Plan(**found | {"jobs": [Job(**job) for job in found["jobs"]]})


if __name__ == "__main__":
    start(main, parser())
