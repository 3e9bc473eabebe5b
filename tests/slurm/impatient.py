"""Snakemake, asking SLURM for its jobs every second: the executor would wait ten seconds longer each time in vain."""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda _: 1, lambda _, value: None)

if __name__ == "__main__":
    sys.exit(main())
