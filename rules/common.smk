"""What every rule file uses: the checked configuration, closed wildcards, and the two params that decide staleness."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from distilbeto import runs
from distilbeto.code_digest import code_digest
from distilbeto.config import load_config
from distilbeto.errors import UserError
from distilbeto.files import fingerprint_of, sha256_of
from distilbeto.glues.settings import EncodingSettings
from distilbeto.finetuning.settings import PredictionSettings, RunSettings
from distilbeto.search import plan as search
from distilbeto.search.points import points_of
from distilbeto.search.settings import ChoiceSettings
from distilbeto.tables.document import file_names
from distilbeto.tables.format import plain
from distilbeto.tables.settings import AssemblySettings

try:
    CONFIG = load_config(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

RESULTS = CONFIG.results
GRID = search.grid_of(CONFIG)  # None without a search
SCRIPTS = Path(workflow.basedir) / "scripts"


def one_of(names):
    return "|".join(names)


wildcard_constraints:
    source=one_of(CONFIG.sources),
    tokenizer=one_of(CONFIG.tokenizers),
    corpus=one_of(CONFIG.corpora),
    file=r"[A-Za-z0-9_]+",
    model=one_of(CONFIG.models),
    student=one_of(CONFIG.students) or "(?!)",
    dataset=one_of(CONFIG.datasets),
    test=one_of({test for task in CONFIG.tasks.values() for test in task.tests}),
    task=one_of(CONFIG.tasks),
    seed=one_of(map(str, CONFIG.seeds)),
    shard=r"\d{4,9}",
    step=r"(?!0{7})\d{7}",
    max_length=r"\d+",


def code(script, without=None):
    """A param: changes when what the script does changes, not when its comments or its formatting do."""
    return code_digest(SCRIPTS / f"{script}.py", without)


def block(settings, **kwargs):
    """A param: a block of settings as one JSON text. Snakemake compares params as a set of values, so that two numbers
    exchanged between two params would go unnoticed; in one text they do not. Call it in a lambda: in a plain string
    Snakemake takes the braces of JSON for wildcards."""
    return json.dumps(settings.model_dump(mode="json", **kwargs), sort_keys=True, ensure_ascii=False)
