"""What docs/finetuning.md tells to write is what works."""

import re
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from distilbeto.config import load_config
from distilbeto.glues import readers
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.settings import DatasetSettings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/finetuning.md").read_text(encoding="utf-8")


def block(beginning: str) -> str:
    """The indented block that begins so."""
    found = re.search(rf"^    {re.escape(beginning)}.*?(?=^\S)", TEXT, re.MULTILINE | re.DOTALL)
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


def test_the_lines_of_a_model_and_of_a_task_are_all_it_takes() -> None:
    raw = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for beginning in ("sources: {mine", "sources:\n      reviews", "sources:\n      xnli_hub"):
        raw = merged(raw, yaml.safe_load(block(beginning)))
    config = load_config(raw)
    assert config.models["mine"].measure
    assert config.tables.classification[-1].task == "reviews"
    assert config.datasets["xnli_train"].files == ["train-00000-of-00001.parquet"]


def test_the_readers_named_are_those_there_are() -> None:
    (named,) = re.findall(r"Readers are (.*?)\.\n", TEXT, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", named)) == set(readers.READERS)


def test_the_example_of_a_reader_reads(tmp_path: Path, monkeypatch: Any) -> None:
    module = ModuleType("pairs_in_json")
    exec(block('"""Pairs in JSON Lines'), module.__dict__)
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"premise": "Llueve.", "hypothesis": "Hay nubes.", "label": "entailment"}\n', encoding="utf-8")
    monkeypatch.setitem(readers.READERS, "mldoc", module.read)
    settings = DatasetSettings(reader="mldoc", source="s", file=path.name, expected_examples=1)
    assert readers.read(path, settings).examples == [ClassificationExample("1", "Llueve.", "Hay nubes.", "entailment")]
