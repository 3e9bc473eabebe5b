"""What docs/encoders.md says of a short row and of mistakes with it is what the configuration says."""

import copy
import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.documentation import block

from distilbeto.errors import UserError
from distilbeto.plan.loading import load_config
from distilbeto.plan.overlays import merge, read_layers
from distilbeto.plan.shapes import shapes_to_show
from distilbeto.tokenizer.normalization import Effect, mismatches

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/encoders.md").read_text(encoding="utf-8")
ROBERTA = {"model_type": "roberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12}
ROBERTA |= {"intermediate_size": 3072, "max_position_embeddings": 514}
LONG = (
    "finetuning: {rows: [{task: ner, model: mine, batch_size: 8, max_length: 514, learning_rate: 1.0e-4, epochs: 1}]}"
)


def with_row(source: str, more: str = "{}") -> dict[str, Any]:
    """config.yaml with the page's own row, whose source is another."""
    row = yaml.safe_load(block("# mine.yaml", PAGE))
    row["models"]["mine"]["source"] = source
    return merge([*copy.deepcopy(read_layers([ROOT / "config.yaml"])), row, yaml.safe_load(more)])


def folder(place: Path, **changes: Any) -> str:
    place.mkdir()
    (place / "config.json").write_text(json.dumps(ROBERTA | changes))
    return str(place)


def told(beginning: str) -> str:
    return textwrap.dedent(block(beginning, PAGE)).strip().partition("\n")[0]


def test_the_row_is_whole_and_its_shape_is_said_as_soon_as_it_is_known(tmp_path: Path) -> None:
    unknown = load_config(with_row("hub:owner/name@revision"))
    assert list(shapes_to_show(unknown)) == [told("models.mine: its")]
    assert list(shapes_to_show(load_config(with_row(folder(tmp_path / "mine"))))) == [told("models.mine: roberta")]


@pytest.mark.parametrize(
    ("source", "more", "beginning"),
    [
        ("hub:owner/name", "{}", "models.mine.source: 'hub"),
        ("my_folder", "{}", "models.mine.source: there is no"),
        ("{longformer}", "{}", "models.mine.source: my/folder"),
        ("{roberta}", LONG, "finetuning.rows: length"),
    ],
)
def test_the_mistakes_are_answered_as_the_page_says(tmp_path: Path, source: str, more: str, beginning: str) -> None:
    models = {name: folder(tmp_path / name, model_type=name) for name in ("longformer", "roberta")}
    with pytest.raises(UserError) as caught:
        load_config(with_row(source.format(**models), more))
    message = str(caught.value).replace(models["longformer"], "my/folder")
    assert message.startswith("1 error in the configuration:")
    assert told(beginning) in message


def test_a_cased_vocabulary_that_is_lower_cased_is_answered_as_the_page_says() -> None:
    pieces = [f"palabra{number}" for number in range(90)] + [f"Palabra{number}" for number in range(10)]
    (found,) = (each for each in mismatches(pieces, Effect(lowercase=True, strip_accents=True)))
    pattern = told("lowercase: true").replace("12.40%", "10.00%").replace("243990", "100")
    assert found == pattern
