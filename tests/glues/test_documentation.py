"""What docs/finetuning.md tells to write is what works."""

import re
from pathlib import Path

import pytest
import yaml
from tests.documentation import FINETUNING, ROOT, block

from distilbeto.errors import UserError
from distilbeto.glues import readers
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.readers import parts_of, reader_in
from distilbeto.glues.settings import DatasetSettings
from distilbeto.job.code_digest import code_parts
from distilbeto.plan.loading import load_config
from distilbeto.plan.overlays import merge, read_layers

READER = block('"""Pairs in JSON Lines')


def test_the_lines_of_a_model_and_of_a_task_are_all_it_takes() -> None:
    beginnings = ("sources: {mine", "sources:\n      reviews", "sources:\n      xnli_hub")
    config = load_config(merge([*read_layers([ROOT / "config.yaml"]), *map(yaml.safe_load, map(block, beginnings))]))
    assert config.models["mine"].measure
    assert config.tables.classification[-1].task == "reviews"
    assert config.datasets["xnli_train"].files == ["es/train-*.parquet"]


def test_the_readers_named_are_those_there_are() -> None:
    (named,) = re.findall(r"Readers are (.*?)\.\n", FINETUNING, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", named)) == set(readers.READERS)


def test_the_example_of_a_reader_reads(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    (tmp_path / "pairs_in_json.py").write_text(READER, encoding="utf-8")
    settings = DatasetSettings(reader=f"{tmp_path}/pairs_in_json.py", source="s", file=path.name, expected_examples=1)
    path.write_text('{"premise": "Llueve.", "hypothesis": "Hay nubes.", "label": "entailment"}\n', encoding="utf-8")
    assert readers.read(path, settings).examples == [ClassificationExample("1", "Llueve.", "Hay nubes.", "entailment")]
    path.write_text("{}\n")
    with pytest.raises(UserError, match=r"pairs\.jsonl, line 1: expected premise, hypothesis and label"):
        readers.read(path, settings)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "file not found"),
        ("def read(:\n", r"line 1: not valid Python"),
        ("def reed(path, settings): ...\n", r"expected a function read\(path, settings\)"),
    ],
)
def test_a_file_without_a_reader_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=rf"mine\.py(: |, ){message}"):
        reader_in(path)


def test_a_reader_of_ones_own_has_a_digest_of_what_it_does(tmp_path: Path) -> None:
    assert parts_of(str(tmp_path / "absent.py")) == {}
    contents = {"one": READER, "commented": "# why\n" + READER, "other": READER.replace('"label")', '"class")')}
    for name, content in contents.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.py").write_text(content)
    one, commented, other = (parts_of(str(tmp_path / name / "mine.py")) for name in contents)
    assert one == commented != other
    assert other.keys() == one.keys() >= {"mine.py", "glues/examples.py"}


def test_a_data_set_depends_on_the_code_of_its_own_reader() -> None:
    assert {"mldoc.py", "glues/readers/lines.py"} <= parts_of("mldoc").keys()
    others = {"glues/readers/records.py", "glues/readers/squad.py", "records.py", "squad.py"}
    assert not others & (parts_of("mldoc") | code_parts(ROOT / "scripts/read_examples.py")).keys()


def test_a_reader_is_a_known_one_or_a_file() -> None:
    with pytest.raises(
        ValueError, match=r"there is no reader 'sqaud'; known: xnli, .*, records; or give a Python file"
    ):
        DatasetSettings(reader="sqaud", source="s", file="f")
