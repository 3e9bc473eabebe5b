"""A head for every kind of task on every family: trained for a step, saved, and loaded again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from distilbeto.errors import UserError
from distilbeto.finetuning.forward import forward
from distilbeto.finetuning.heads import add_head, load_finetuned
from distilbeto.finetuning.losses import summed_loss, without_targets
from distilbeto.finetuning.record import _save_model
from distilbeto.glues.examples import (
    Answer,
    ClassificationExample,
    Example,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
)
from distilbeto.glues.features import SequenceDataset, collator, open_features
from distilbeto.glues.kinds import TaskKind
from distilbeto.models.families import FAMILIES, takes_token_types
from distilbeto.tokenizer import LoadedTokenizer

EXAMPLES: dict[TaskKind, list[Example]] = {
    TaskKind.SEQUENCE_CLASSIFICATION: [
        ClassificationExample("0", "pan y sal", "oro", "no"),
        ClassificationExample("1", "mar", "sol sol sol .", "sí"),
    ],
    TaskKind.TOKEN_CLASSIFICATION: [
        TaggedSentence("0", ("pan", "oroes"), ("no", "sí")),
        TaggedSentence("1", ("mar",), ("no",)),
    ],
    TaskKind.QUESTION_ANSWERING: [
        Question("0", "pan", "sal mar oro", (Answer("oro", 8),)),
        Question("1", "pan sal mar", "sol", (Answer("sol", 0),)),
    ],
    TaskKind.REGRESSION: [RegressionExample("0", "pan", "sal oro", 0.5), RegressionExample("1", "mar", None, 0.0)],
    TaskKind.MULTI_LABEL_CLASSIFICATION: [
        MultiLabelExample("0", "pan", None, ("sí",)),
        MultiLabelExample("1", "mar sol", None, ("no", "sí")),
    ],
}
WITHOUT_LABELS = (TaskKind.QUESTION_ANSWERING, TaskKind.REGRESSION)


@pytest.fixture
def folder(family: str, model_folder: Callable[..., Path]) -> Path:
    embedding = {"embedding_size": 16} if "embedding_size" in FAMILIES[family].extra_fields else {}
    return model_folder(model_type=family, num_hidden_layers=2, **embedding)


def outputs(model: Any, features: Any, pad: int) -> list[torch.Tensor]:
    found = []
    for batch in forward(model, features, pad):
        found += [batch.output[name] for name in ("logits", "start_logits", "end_logits") if name in batch.output]
    return found


@pytest.mark.parametrize("kind", TaskKind)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_learns_and_is_loaded_again(
    family: str, kind: TaskKind, folder: Path, encoded: Callable[..., Path], tokenizer: LoadedTokenizer, tmp_path: Path
) -> None:
    labels = [] if kind in WITHOUT_LABELS else ["no", "sí"]
    features = open_features(encoded(EXAMPLES[kind], kind, labels), tokenizer)
    headed = add_head(folder, kind, labels, 1)
    model, data = headed.model, SequenceDataset(features)
    batch = collator(tokenizer.pad, token_types=takes_token_types(model.config))([data[0], data[1]])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(20):
        loss = summed_loss(kind, model(**without_targets(batch)), batch)
        loss.backward()
        assert {name for name, weights in model.named_parameters() if weights.grad is None} <= unused(model)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    expected = outputs(model, features, tokenizer.pad)
    _save_model(model, tmp_path)
    found = outputs(load_finetuned(tmp_path, kind), features, tokenizer.pad)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)  # sums may differ with the place in memory


def unused(model: Any) -> set[str]:
    """Poolers that transformers builds into encoders, whether the head uses them or not."""
    return {name for name, _ in model.base_model.named_parameters(prefix=model.base_model_prefix) if ".pooler." in name}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_lost_weight_of_the_encoder_is_an_error_and_none_is_random(family: str, folder: Path) -> None:
    headed = add_head(folder, TaskKind.SEQUENCE_CLASSIFICATION, ["no", "sí"], 1)
    prefix = f"{headed.model.base_model_prefix}."
    assert [name for name in headed.random_weights if name.startswith(prefix) and ".pooler." not in name] == []
    path = folder / "model.safetensors"
    state = load_file(path)
    lost = FAMILIES[family].modules["output"].format(1) + ".weight"
    del state[lost]
    save_file(state, path, metadata={"format": "pt"})
    with pytest.raises(UserError, match="weights of the encoder are missing or of another shape: " + lost):
        add_head(folder, TaskKind.TOKEN_CLASSIFICATION, ["no", "sí"], 1)


@pytest.mark.parametrize("family", ["modernbert"])
def test_a_head_takes_from_that_for_masks_what_it_can(family: str, folder: Path) -> None:
    """As transformers does: what is random is said in run.json."""
    random = add_head(folder, TaskKind.SEQUENCE_CLASSIFICATION, ["no", "sí"], 1).random_weights
    assert random == ["classifier.bias", "classifier.weight"]
