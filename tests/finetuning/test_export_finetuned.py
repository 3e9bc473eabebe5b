"""A fine-tuned model with its tokenizer is a folder that transformers loads."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import pipeline

from distilbeto.finetuning.heads import add_head
from distilbeto.glues.kinds import TaskKind

TAGS = ["O", "B-LOC"]
SCRIPT = Path(__file__).parents[2] / "scripts" / "export_finetuned.py"


@pytest.mark.parametrize("model_type", ["distilbert", "bert"])
def test_a_pipeline_tags_text(
    model_folder: Callable[..., Path], tokenizer_folder: Path, tmp_path: Path, model_type: str
) -> None:
    add_head(model_folder(model_type=model_type), TaskKind.TOKEN_CLASSIFICATION, TAGS, 1).model.save_pretrained(
        tmp_path
    )
    program, options = runpy.run_path(str(SCRIPT)), ["--finetuned", str(tmp_path), "--tokenizer", str(tokenizer_folder)]
    program["main"](program["parser"]().parse_args(options))
    tag = pipeline("token-classification", model=str(tmp_path), ignore_labels=[])
    text = "Oro, sal y panes."
    found = tag(text)
    assert [text[each["start"] : each["end"]] for each in found] == ["Oro", ",", "sal", "y", "pan", "es", "."]
    assert {each["entity"] for each in found} <= {*TAGS}
    assert tag.tokenizer.model_max_length == 32
