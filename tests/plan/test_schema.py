"""The schema in workflow/schemas is what the package says."""

import json
from pathlib import Path

from distilbeto.plan.config import Config

SCHEMA = Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.json"


def test_the_schema_is_generated_from_the_package() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == Config.model_json_schema(), "run `make schema`"
