"""A head for every kind of task on every family: trained for a step, saved, and loaded again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.finetuning.conftest import MakeRun
from transformers import AutoConfig, AutoModelForMaskedLM

from distilbeto.errors import UserError
from distilbeto.finetuning.forward import forward
from distilbeto.finetuning.heads import add_head, load_finetuned
from distilbeto.finetuning.losses import summed_loss, without_targets
from distilbeto.finetuning.predict import predict
from distilbeto.finetuning.record import _save_model
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.finetuning.train import finetune
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
from distilbeto.models.save import save_model, weights_of
from distilbeto.storage.files import read_json
from distilbeto.storage.provenance import Stopwatch
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


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("eurobert", TaskKind.QUESTION_ANSWERING),
        ("modernbert", TaskKind.TOKEN_CLASSIFICATION),
        ("xlm-roberta", TaskKind.SEQUENCE_CLASSIFICATION),
    ],
)
def test_a_family_goes_all_the_way(
    family: str,
    kind: TaskKind,
    folder: Path,
    encoded: Callable[..., Path],
    make_run: MakeRun,
    tokenizer: LoadedTokenizer,
    tmp_path: Path,
) -> None:
    """Trained by Trainer, its best epoch loaded from a checkpoint, predicted."""
    labels = [] if kind in WITHOUT_LABELS else ["no", "sí"]
    features = encoded(EXAMPLES[kind] * 4, kind, labels)
    run = make_run({"model_folder": folder, "train": features, "dev": features}, epochs=3)
    settings = run.settings.model_copy(update={"kind": kind, "labels": labels, "fallback_tag": "no"})
    finetune(run._replace(settings=settings), tmp_path / "checkpoints", tmp_path / "finetuned")
    asked = PredictionSettings(kind=kind, labels=labels, fallback_tag="no" if kind.value.startswith("token") else None)
    output, common = tmp_path / "predictions", {"examples": features.with_suffix(".jsonl"), "settings": asked}
    predict(tmp_path / "finetuned", tokenizer, features=features, **common, output=output)
    assert read_json(tmp_path / "finetuned" / "run.json")["architecture"]["model_type"] == family
    assert output.read_text(encoding="utf-8")


def test_a_model_of_one_token_type_reads_pairs(
    model_folder: Callable[..., Path], encoded: Callable[..., Path], tokenizer: LoadedTokenizer, tmp_path: Path
) -> None:
    """A second token type would be an index error."""
    config = AutoConfig.from_pretrained(model_folder(model_type="bert"), type_vocab_size=1)
    weights = weights_of(AutoModelForMaskedLM.from_config(config))
    save_model(tmp_path, "one", weights, origin="", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
    kind = TaskKind.SEQUENCE_CLASSIFICATION
    features = open_features(encoded(EXAMPLES[kind], kind, ["no", "sí"]), tokenizer)
    model = add_head(tmp_path, kind, ["no", "sí"], 1).model
    assert [logits.shape for logits in outputs(model, features, tokenizer.pad)] == [(2, 2)]
    (inputs,) = [batch.inputs for batch in forward(model, features, tokenizer.pad)]
    assert "token_type_ids" not in inputs


@pytest.mark.parametrize("family", ["modernbert"])
def test_a_head_takes_from_that_for_masks_what_it_can(family: str, folder: Path) -> None:
    """As transformers does: what is random is said in run.json."""
    random = add_head(folder, TaskKind.SEQUENCE_CLASSIFICATION, ["no", "sí"], 1).random_weights
    assert random == ["classifier.bias", "classifier.weight"]
