"""What the documentation tells to write, taken from it."""

import re
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FINETUNING = (ROOT / "docs/finetuning.md").read_text(encoding="utf-8")


def block(beginning: str, text: str = FINETUNING) -> str:
    """The indented block that begins so."""
    found = re.search(rf"^    {re.escape(beginning)}.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert found, beginning
    return textwrap.dedent(found[0])


def merged(config: Any, addition: Any) -> Any:
    """config.yaml with lines added where their like stand."""
    if isinstance(config, dict):
        return {
            **config,
            **{key: merged(config[key], value) if key in config else value for key, value in addition.items()},
        }
    return config + addition if isinstance(config, list) else addition
