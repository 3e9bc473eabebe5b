import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.finetuning import predict as stage
from distilbeto.finetuning.forward import batches_by_length, forward
from distilbeto.finetuning.predict import predict
from distilbeto.finetuning.record import Run
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.finetuning.train import finetune
from distilbeto.glues.encode import Lengths, encode
from distilbeto.glues.examples import ClassificationExample, Question, TaggedSentence
from distilbeto.glues.features import open_features
from distilbeto.glues.metrics.tag_files import read_tags
from distilbeto.glues.settings import EncodingSettings
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

Encode = Callable[..., Path]
TAGS = ["O", "B-LOC"]


class ById:
    """A model whose logits depend on the token alone: those of label 1, of start and of end are high at `gold`."""

    config = SimpleNamespace(model_type="distilbert")
    device = torch.device("cpu")

    def __init__(self, gold: int) -> None:
        self.gold = gold

    def eval(self) -> "ById":
        return self

    def to(self, _: Any) -> "ById":
        return self

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        high = (input_ids == self.gold).float() + torch.randn(input_ids.shape, generator=torch.manual_seed(1)) / 100
        return SimpleNamespace(logits=torch.stack([0.5 - high, high], -1), start_logits=high, end_logits=high)


@pytest.fixture
def predicted(
    tokenizer: LoadedTokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path, PredictionSettings], str]:
    """Predict with a model that favors the word oro; the text of the predictions."""

    def run(features: Path, settings: PredictionSettings) -> str:
        model = ById(tokenizer.tokenizer.token_to_id("oro"))
        monkeypatch.setattr(stage, "load_finetuned", lambda *_: model)
        record = {"tokenizer": tokenizer.fingerprint, "hyperparameters": {"precision": "fp32"}}
        (tmp_path / "run.json").write_text(json.dumps(record))
        examples, output = features.with_suffix(".jsonl"), tmp_path / "output"
        predict(tmp_path, tokenizer, features=features, examples=examples, settings=settings, output=output)
        return output.read_text(encoding="utf-8")

    return run


def test_the_first_piece_decides_a_words_tag(encoded: Encode, predicted: Callable[..., str]) -> None:
    sentences = [
        TaggedSentence("0", ("Oro", "panes", "\u200b"), ("O",) * 3),
        TaggedSentence("1", ("oroes", "."), ("O",) * 2),
    ]
    settings = PredictionSettings(kind="token_classification", labels=TAGS, fallback_tag="O")
    assert predicted(encoded(sentences, "token_classification", TAGS), settings) == (
        "Oro B-LOC B-LOC\npanes O O,O\n\u200b O -\n\noroes B-LOC B-LOC,O\n. O O\n\n"
    )


def test_words_lost_to_truncation_take_the_fallback_tag(
    encoded: Encode, predicted: Callable[..., str], tmp_path: Path
) -> None:
    sentences = [TaggedSentence("0", ("oro",) * 20, ("O",) * 20), TaggedSentence("1", ("pan",), ("O",))]
    settings = PredictionSettings(kind="token_classification", labels=TAGS, fallback_tag="O")
    predicted(encoded(sentences, "token_classification", TAGS), settings)
    first, second = read_tags(tmp_path / "output", sentences)
    assert first.words == ("B-LOC",) * 14 + ("O",) * 6
    assert first.subtokens == (("B-LOC",),) * 14 + ((),) * 6
    assert second.words == ("O",)


def test_answers_are_found_in_any_window(encoded: Encode, predicted: Callable[..., str]) -> None:
    contexts = ["Pan, mar y " + "sal " * place + "ORO " + "mar " * (40 - place) for place in range(0, 40, 3)]
    questions = [Question(str(number), "sol", context, ()) for number, context in enumerate(contexts)]
    answers = json.loads(
        predicted(
            encoded(questions, "question_answering", []), PredictionSettings(kind="question_answering", labels=[])
        )
    )
    assert answers == {question.id: "ORO" for question in questions}


def test_a_question_always_gets_a_text_of_its_context(encoded: Encode, predicted: Callable[..., str]) -> None:
    questions = [Question("empty", "oro", "", ()), Question("other", "oro oro oro", "pan  sal", ())]
    answers = json.loads(
        predicted(
            encoded(questions, "question_answering", []), PredictionSettings(kind="question_answering", labels=[])
        )
    )
    assert answers["empty"] == ""
    assert answers["other"] in ("pan", "sal", "pan  sal")


class OnSmallDevice(ById):
    """A model that has memory for two sequences at a time."""

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        if len(input_ids) > 2:
            raise torch.OutOfMemoryError
        return super().__call__(input_ids, attention_mask)


def test_batches_too_large_for_the_device_are_halved(bread: dict[str, Path], tokenizer: LoadedTokenizer) -> None:
    features = open_features(bread["test"], tokenizer)
    gold = tokenizer.tokenizer.token_to_id("oro")
    parts = [batch.indices for batch in forward(OnSmallDevice(gold), features, tokenizer.pad)]
    assert max(map(len, parts)) == 2
    assert sorted(np.concatenate(parts)) == list(range(len(features.lengths())))


def test_classes_come_in_the_order_of_the_examples(
    make_run: Callable[..., Run], bread: dict[str, Path], tokenizer: LoadedTokenizer, tmp_path: Path
) -> None:
    finetune(make_run(), tmp_path / "checkpoints", tmp_path / "model")
    settings = PredictionSettings(kind="sequence_classification", labels=["no", "sí"])
    features, output = bread["test"], tmp_path / "test.txt"
    examples = features.with_suffix(".jsonl")
    predict(tmp_path / "model", tokenizer, features=features, examples=examples, settings=settings, output=output)
    gold = [json.loads(line)["label"] for line in examples.read_text(encoding="utf-8").splitlines()]
    lines = output.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(gold)
    assert np.mean([line == label for line, label in zip(lines, gold, strict=True)]) > 0.9


def test_examples_that_the_features_were_not_made_from_are_refused(
    encoded: Encode, predicted: Callable[..., str]
) -> None:
    features = encoded([ClassificationExample("0", "pan", None, "a")], "sequence_classification", ["a", "b"])
    with features.with_suffix(".jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(UserError, match="was made from"):
        predicted(features, PredictionSettings(kind="sequence_classification", labels=["a", "b"]))


def test_one_tokenizer_setting_in_training_and_another_in_the_test_are_refused(
    make_run: Callable[..., Run], bread: dict[str, Path], tokenizer_folder: Path, tmp_path: Path
) -> None:
    prepare_tokenizer(
        tokenizer_folder.parent,
        Normalization(strip_accents=True, ignore_vocabulary_mismatch=True),
        tmp_path / "stripped",
    )
    stripped, run, examples = load_tokenizer(tmp_path / "stripped"), make_run(), bread["test"].with_suffix(".jsonl")
    features = tmp_path / "stripped.safetensors"
    encoding = EncodingSettings(kind="sequence_classification", labels=["no", "sí"])
    manifest = examples.with_suffix(".json")
    encode(examples, manifest, settings=encoding, lengths=Lengths(16, 4), tokenizer=stripped, output=features)
    finetune(run, tmp_path / "checkpoints", tmp_path / "model")
    settings = PredictionSettings(kind="sequence_classification", labels=["no", "sí"])
    output = tmp_path / "test.txt"
    for tokenizer, message in ((stripped, "fine-tuned with the tokenizer"), (run.tokenizer, "made with the tokenizer")):
        with pytest.raises(UserError, match=f"{message} .*, expected {tokenizer.fingerprint}"):
            predict(
                tmp_path / "model", tokenizer, features=features, examples=examples, settings=settings, output=output
            )
    assert not output.exists()


def test_a_model_of_another_tokenizer_is_refused(tokenizer: LoadedTokenizer, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"tokenizer": "other"}')
    settings = PredictionSettings(kind="sequence_classification", labels=["a"])
    with pytest.raises(UserError, match=f"tokenizer other, expected {tokenizer.fingerprint}"):
        predict(tmp_path, tokenizer, features=tmp_path, examples=tmp_path, settings=settings, output=tmp_path / "x")


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=60), most=st.integers(1, 200))
def test_batches_hold_all_sequences_within_their_budget(lengths: list[int], most: int) -> None:
    batches = batches_by_length(np.array(lengths), most)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= most for batch in batches)
