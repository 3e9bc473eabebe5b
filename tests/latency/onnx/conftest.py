"""A tiny tokenizer, models of each architecture, and sentences to tag."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from distilbeto.finetuning.heads import add_head
from distilbeto.finetuning.record import _save_model
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.glues.encode import Lengths, encode
from distilbeto.glues.examples import TaggedSentence, write_examples
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.settings import EncodingSettings
from distilbeto.models.build import random_model
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.files import sha256_of, write_json
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

PIECES = ["[MASK]", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "pan", "##es", "sal", "mar", "sol"]
LABELS = ["O", "B-LOC", "I-LOC"]
SETTINGS = PredictionSettings(kind="token_classification", labels=LABELS, fallback_tag="O")


class Data(NamedTuple):
    examples: Path
    features: Path


@pytest.fixture(autouse=True)
def every_core() -> Iterator[None]:
    """Timing pins the process: let later tests have all cores again."""
    cores = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    prepare_tokenizer(folder, Normalization(), folder / "prepared")
    return folder / "prepared"


@pytest.fixture(scope="session")
def tokenizer(tokenizer_folder: Path) -> LoadedTokenizer:
    return load_tokenizer(tokenizer_folder)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory, tokenizer: LoadedTokenizer) -> Data:
    examples = tmp_path_factory.mktemp("data") / "ner.jsonl"
    sentences = [("Panes", "sal"), ("mar",), ("sol", "panes", "mar", "sal", "panes")] * 2
    write_examples(examples, [TaggedSentence(str(n), words, ("O",) * len(words)) for n, words in enumerate(sentences)])
    manifest, features = examples.with_suffix(".json"), examples.with_suffix(".safetensors")
    write_json(manifest, {"dataset": "ner", "sha256": sha256_of(examples)})
    settings = EncodingSettings(kind="token_classification", labels=LABELS)
    encode(examples, manifest, settings=settings, lengths=Lengths(16, 4), tokenizer=tokenizer, output=features)
    return Data(examples, features)


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory, tokenizer: LoadedTokenizer) -> dict[str, Path]:
    """A pre-trained model of each student's kind."""
    folders = {}
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    for kind in ("albert", "distilbert"):
        embedding = {"embedding_size": 16} if kind == "albert" else {}
        architecture = Architecture(model_type=kind, max_position_embeddings=32, **shape, **embedding)
        model, folders[kind] = random_model(architecture, tokenizer, 1), tmp_path_factory.mktemp(kind)
        weights = Weights(model.config, model.state_dict())
        save_model(folders[kind], kind, weights, origin="test", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
    return folders


@pytest.fixture(scope="session")
def finetuned(
    tmp_path_factory: pytest.TempPathFactory, pretrained: dict[str, Path], tokenizer: LoadedTokenizer
) -> Path:
    """An ALBERT with a head, as fine-tuning leaves it."""
    folder = tmp_path_factory.mktemp("finetuned")
    _save_model(add_head(pretrained["albert"], TaskKind.TOKEN_CLASSIFICATION, LABELS, 3).model, folder)
    write_json(folder / "run.json", {"tokenizer": tokenizer.fingerprint, "hyperparameters": {"precision": "fp32"}})
    return folder
