"""Say how far a run is: which jobs are done, run, failed or wait, and how much work is left.

Reads results and logs only, so that it works beside a run that goes on, here or on a cluster.

Example:
    python scripts/status.py --results results
"""

import argparse
from pathlib import Path

from distilbeto.job.cli import argument_parser, start


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--results", type=Path, default=Path("results"), help="folder of results (%(default)s)")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    from distilbeto.errors import UserError
    from distilbeto.job.renames import renamed
    from distilbeto.plan.layout import Layout
    from distilbeto.plan.loading import load_config
    from distilbeto.status.jobs import jobs_of
    from distilbeto.status.states import progress_of
    from distilbeto.status.view import view
    from distilbeto.storage.files import read_record

    record = Path(Layout(str(arguments.results)).last_run)
    if not record.exists():
        raise UserError("no run has begun here", where=arguments.results, remedy="Name the folder with --results.")
    run = read_record(record, ["command", "configuration"])
    # Where they lie now: the path of the run counted from its own folder, and results can be moved.
    config = load_config(renamed(run["configuration"])).model_copy(update={"results": str(arguments.results)})
    jobs = jobs_of(config)
    print(view([progress_of(job, began=record.stat().st_mtime) for job in jobs], run["command"]))


if __name__ == "__main__":
    start(main, parser())
