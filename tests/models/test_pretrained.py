"""A model that was cut short is an error that says what to do, in every stage that loads one."""

from pathlib import Path

import pytest
from transformers import AutoModelForMaskedLM

from distilbeto.errors import UserError
from distilbeto.finetuning.heads import add_head, load_finetuned
from distilbeto.glues.kinds import TaskKind
from distilbeto.models.build import random_model
from distilbeto.models.pretrained import load_pretrained
from distilbeto.models.save import save_model, weights_of
from distilbeto.models.settings import Architecture
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer

TOKENIZER = LoadedTokenizer(None, "0123456789abcdef", 20, 1, 3, 4, 5, 0)
SHAPE = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
LOADERS = {
    "teacher": lambda folder: load_pretrained(AutoModelForMaskedLM, folder),
    "fine-tuning, latency, ONNX": lambda folder: add_head(folder, TaskKind.TOKEN_CLASSIFICATION, ["O"], 1),
    "prediction": lambda folder: load_finetuned(folder, TaskKind.TOKEN_CLASSIFICATION),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    weights = weights_of(random_model(Architecture(model_type="distilbert", **SHAPE), TOKENIZER, seed=1))
    save_model(tmp_path, "toy", weights, origin="", tokenizer=TOKENIZER, settings={}, stopwatch=Stopwatch())
    return tmp_path


@pytest.mark.parametrize("load", LOADERS.values(), ids=LOADERS)
@pytest.mark.parametrize("kept", [0, 4, 30, 2000, -1])
def test_weights_cut_short_are_refused_with_a_remedy(folder: Path, kept: int, load) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    message = r"model\.safetensors: not a safetensors file, or cut short\n  Delete it and run again"
    with pytest.raises(UserError, match=message):
        load(folder)


@pytest.mark.parametrize("load", LOADERS.values(), ids=LOADERS)
def test_what_is_missing_or_no_configuration_is_named(folder: Path, load) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(UserError, match=r"model\.safetensors: file not found"):
        load(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"config\.json, line 1: not valid JSON"):
        load(folder)
