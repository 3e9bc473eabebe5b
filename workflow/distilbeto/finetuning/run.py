"""What one fine-tuning is made from."""

from pathlib import Path
from typing import NamedTuple

from distilbeto.finetuning.settings import RunSettings
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
    settings: RunSettings
    code: str
