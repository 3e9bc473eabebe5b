"""What one fine-tuning is made from."""

import json
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError
from distilbeto.finetuning.settings import RunSettings
from distilbeto.job.renames import renamed
from distilbeto.storage.files import read_json
from distilbeto.tokenizer import LoadedTokenizer


class Run(NamedTuple):
    """What a fine-tuning is made from; `code` is a digest of the code that does it."""

    model: str
    task: str
    seed: int
    model_folder: Path
    tokenizer: LoadedTokenizer
    train: Path
    dev: Path
    dev_examples: Path
    settings: RunSettings
    code: str


def with_hyperparameters(settings: str, path: Path) -> str:
    """The JSON of a run's settings with the hyperparameters that a search left in `path`.

    Raises:
        UserError: the file holds none.
    """
    found = read_json(path)
    if not isinstance(found, dict) or "hyperparameters" not in found:
        raise UserError("expected a JSON object with the key hyperparameters", where=path)
    try:
        return json.dumps(json.loads(settings) | {"hyperparameters": renamed(found["hyperparameters"])})
    except (json.JSONDecodeError, TypeError):
        return settings  # its parser says what is wrong with it
