"""What every rule file uses: the checked configuration, closed wildcards, and the two params that decide staleness."""

import functools
import json
import os
import re
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from distilbeto.plan import lock, resources, runs, shapes
from distilbeto.plan.layout import FINETUNED_FILES, MODEL_FILES, TOKENIZER_FILES, Layout
from distilbeto.job.code_digest import code_parts, digest_of_parts
from distilbeto.plan.loading import load_config
from distilbeto.plan.overlays import merge, read_layers
from distilbeto.plan.records import SettingsText
from distilbeto.job.energy.meter import LOGS_VARIABLE
from distilbeto.errors import UserError
from distilbeto.storage.files import fingerprint_of, read_json, sha256_of, write_json
from distilbeto.reports.energy.settings import FootprintSettings
from distilbeto.glues.readers import parts_of
from distilbeto.glues.settings import EncodingSettings
from distilbeto.finetuning.collapse import CollapseSettings
from distilbeto.finetuning.settings import PredictionSettings, RunSettings
from distilbeto.plan import search
from distilbeto.search.points import points_of
from distilbeto.search.settings import ChoiceSettings
from distilbeto.reports.tables.format import without_latex
from distilbeto.reports.tables.references import read_published
from distilbeto.reports.tables.settings import AssemblySettings, csv_names


def given_files():
    """The files of the configuration, in the order in which they are laid over each other."""
    overlays = workflow.overwrite_configfiles
    replaced = overlays and workflow.config_settings.replace_workflow_config
    return overlays if replaced else [*workflow.configfiles[len(overlays) :], *overlays]


try:
    # In place of what Snakemake made of them, where lists replace lists.
    config = merge(read_layers(given_files(), workflow.config_settings.config_args))
    CONFIG = load_config(config, look_at_sources=workflow.is_main_process)
except UserError as error:
    raise WorkflowError(str(error)) from None

results = Layout(CONFIG.results)
GRID = search.grid_of(CONFIG)  # None without a search
SCRIPTS = Path(workflow.basedir) / "scripts"
# Whether costly results that follow from their inputs alone are shared with other checkouts: where this names a folder, and
# with --cache. A key is made of params and inputs, not of wildcards: params of such rules name all that they depend on.
SHARED = bool(os.environ.get("SNAKEMAKE_OUTPUT_CACHE"))
# Jobs inherit it, here and on a cluster's nodes, which read this file too. No param: it changes no result.
os.environ[LOGS_VARIABLE] = os.path.abspath(results.logs) if CONFIG.energy.record else ""
# Linux takes 131,072 in one argument, and the command of a rule is one argument of the shell.
COMMAND_CHARACTERS = 120_000
# A priority: of jobs that can start, first those of the longest chain in which each waits for the one before.
LONGEST_CHAIN = 1


def one_of(names):
    return "|".join(map(re.escape, names))


wildcard_constraints:
    source=one_of(CONFIG.sources),
    tokenizer=one_of(CONFIG.tokenizers),
    corpus=one_of(CONFIG.corpora),
    file=r"[A-Za-z0-9_]+",
    model=one_of(CONFIG.models),
    student=one_of(CONFIG.students) or "(?!)",
    # With `bootstrap` also their samples; the rules that make either say which they mean.
    dataset=f"(?:{one_of(CONFIG.datasets)})(?:~[0-9]+)?" if CONFIG.finetuning.bootstrap else one_of(CONFIG.datasets),
    test=one_of({test for task in CONFIG.tasks.values() for test in task.tests}),
    task=one_of(CONFIG.tasks),
    seed=one_of(map(str, CONFIG.seeds)),
    shard=r"\d{4,9}",
    step=r"(?!0{7})\d{7}",
    max_length=r"\d+",


CODE_PARTS = {}  # digest: the digest of each file


@functools.cache
def digest(script, without=None, reader=None):
    parts = code_parts(SCRIPTS / f"{script}.py", without) | (parts_of(reader) if reader else {})
    CODE_PARTS[digest_of_parts(parts)] = parts
    return digest_of_parts(parts)


def code(script):
    """A param: changes when what the script does changes, not when its comments or its formatting do. A function, so that
    the process of a job reads the code of its own script and of no other."""
    return lambda wildcards: digest(script)


def block(settings, **kwargs):
    """A param: a block of settings as one JSON text. Snakemake compares params as a set of values, so that two numbers
    exchanged between two params would go unnoticed; in one text they do not. Call it in a lambda: in a plain string
    Snakemake takes the braces of JSON for wildcards."""
    return SettingsText.of(settings, **kwargs)


def refuse_if_too_many(paths, what, remedy):
    """In the plan, paths that a command names one by one: the shell would refuse them when all of them are made."""
    if sum(map(len, paths)) > COMMAND_CHARACTERS:
        sys.exit(f"error: {what} more than a command can name: {remedy}")


def megabytes(paths):
    """Of input files, as a resource counts them. A plan that is made before they are there says <TBD>."""
    return sum(os.path.getsize(path) for path in ([paths] if isinstance(paths, str) else paths)) / 1e6


def more_each_attempt(amount):
    """A resource, memory or minutes: a job that had too little of it was killed, and its next attempt asks for more."""
    return lambda wildcards, attempt: amount * attempt


def take_results():
    """Before the first job: lock the results, and cancel what a killed run left in SLURM's queue."""
    try:
        held = lock.hold(Path(CONFIG.results))
        # The name that the SLURM executor gives to all jobs of this run.
        name = getattr(workflow.scheduler._executor, "run_uuid", None)
        cancelled = lock.cancel_jobs_of_last_run(Path(CONFIG.results), name)
    except UserError as error:
        raise WorkflowError(str(error)) from None
    if cancelled:
        logger.warning(f"Cancelled jobs that an earlier run left behind: {', '.join(cancelled)}")
    # For scripts/status.py.
    command = shlex.join(["snakemake", *sys.argv[1:]])
    write_json(Path(results.last_run), {"command": command, "configuration": CONFIG.model_dump(mode="json")})
    return held
