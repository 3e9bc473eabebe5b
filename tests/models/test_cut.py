"""A model that is the first layers of another one computes what those layers compute."""

from pathlib import Path

import pytest
import torch
from tests.models.test_published import EVERY_FAMILY, TOKENIZER, assert_same_logits, published

from distilbeto.errors import UserError
from distilbeto.models.build import random_model, shape_of
from distilbeto.models.cut import first_layers
from distilbeto.models.load import load_weights
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.provenance import Stopwatch


def loaded(folder: Path, architecture: Architecture, layers: int) -> Weights:
    model = random_model(architecture.model_copy(update={"num_hidden_layers": layers}), TOKENIZER, seed=1)
    return load_weights(published(folder, model), None, TOKENIZER)[0]


def shortened(architecture: Architecture, layers: int, left: int) -> torch.nn.Module:
    """The whole model, of which the layers behind the first ones are taken out by hand."""
    model = random_model(architecture.model_copy(update={"num_hidden_layers": layers}), TOKENIZER, seed=1)
    model.config.num_hidden_layers = left
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, torch.nn.ModuleList) and len(child) == layers:
                setattr(module, name, child[:left])
    return model


@EVERY_FAMILY
def test_the_first_layers_compute_what_they_computed(tmp_path: Path, architecture: Architecture) -> None:
    cut = first_layers(loaded(tmp_path / "source", architecture, layers=5), 3)
    output = tmp_path / "cut"
    save_model(output, "cut", cut, origin="here", tokenizer=TOKENIZER, settings={}, stopwatch=Stopwatch())
    assert_same_logits(shortened(architecture, layers=5, left=3), output)
    assert shape_of(cut.config)["num_hidden_layers"] == 3
    assert cut.notes[-1] == "the first 3 of 5 layers"


@EVERY_FAMILY
def test_only_layers_that_share_their_weights_stay(tmp_path: Path, architecture: Architecture) -> None:
    whole = loaded(tmp_path, architecture, layers=5)
    cut = first_layers(whole, 3)
    assert (cut.state.keys() == whole.state.keys()) == (architecture.model_type == "albert")
    assert whole.config.num_hidden_layers == 5


@EVERY_FAMILY
def test_more_layers_than_there_are_are_refused(tmp_path: Path, architecture: Architecture) -> None:
    with pytest.raises(UserError, match="num_hidden_layers is 6, and the source has 5"):
        first_layers(loaded(tmp_path, architecture, layers=5), 6)
