"""A toy language in which a sentence stays with one topic, a tokenizer for it, a corpus of it, and tiny models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from distilbeto.corpus.counts import count_tokens, write_token_counts
from distilbeto.corpus.shard_writer import write_shard
from distilbeto.corpus.shards import ShardSet, open_shards
from distilbeto.distillation.segment import Inputs
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.models.build import random_model
from distilbeto.models.families import FAMILIES
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

WORDS = 60
SPECIAL = 6
SHAPE: dict[str, Any] = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 32,
}


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    pieces = ["[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]", *(f"palabra{n}" for n in range(WORDS))]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    prepare_tokenizer(folder, Normalization(), folder / "prepared")
    return folder / "prepared"


@pytest.fixture(scope="session")
def tokenizer(tokenizer_folder: Path) -> LoadedTokenizer:
    return load_tokenizer(tokenizer_folder)


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory, tokenizer: LoadedTokenizer) -> list[Path]:
    """Two shards of 60 and 40 sequences of 8 to 20 tokens; the words of each are of one of 20 topics of 3 words."""
    random = np.random.default_rng(1)
    folder = tmp_path_factory.mktemp("corpus")
    paths = []
    for number, size in enumerate((60, 40)):
        lengths = random.integers(6, 19, size)
        words = [random.integers(WORDS // 3) * 3 + random.integers(0, 3, length) for length in lengths]
        rows = [[tokenizer.cls, *(SPECIAL + row), tokenizer.sep] for row in words]
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.uint64)
        paths.append(folder / f"text-{number:04d}.safetensors")
        metadata = {"tokenizer": tokenizer.fingerprint, "vocab_size": tokenizer.vocab_size}
        write_shard(paths[-1], np.concatenate(rows).astype(np.uint16), offsets, metadata)
    return paths


@pytest.fixture(scope="session")
def shard_set(shards: list[Path], tokenizer: LoadedTokenizer) -> ShardSet:
    return open_shards(shards, tokenizer.fingerprint)


@pytest.fixture(scope="session")
def token_counts(tmp_path_factory: pytest.TempPathFactory, shard_set: ShardSet, tokenizer: LoadedTokenizer) -> Path:
    path = tmp_path_factory.mktemp("counts") / "token_counts.safetensors"
    write_token_counts(path, count_tokens(shard_set, tokenizer.vocab_size), shard_set, tokenizer.fingerprint, {})
    return path


@pytest.fixture(scope="session")
def make_architecture() -> Callable[..., Architecture]:
    def make(model_type: str, **changes: Any) -> Architecture:
        sizes = SHAPE | ({"embedding_size": 16} if "embedding_size" in FAMILIES[model_type].extra_fields else {})
        return Architecture(**{"model_type": model_type, "num_hidden_layers": 2} | sizes | changes)

    return make


@pytest.fixture(scope="session")
def make_model_folder(
    tmp_path_factory: pytest.TempPathFactory, tokenizer: LoadedTokenizer, make_architecture: Callable[..., Architecture]
) -> Callable[..., Path]:
    """Write a model of random weights as a folder; keyword arguments change its architecture, `config` the rest of its
    configuration. `head` false: without its head for masks."""

    def make(
        model_type: str = "bert",
        *,
        seed: int = 7,
        config: dict[str, Any] | None = None,
        head: bool = True,
        **changes: Any,
    ) -> Path:
        folder = tmp_path_factory.mktemp("models") / model_type
        model = random_model(make_architecture(model_type, **changes), tokenizer, seed, config or {})
        kept = {
            name: tensor
            for name, tensor in model.state_dict().items()
            if head or not FAMILIES[model_type].is_mlm_head(name)
        }
        weights = Weights(model.config, kept)
        save_model(folder, "m", weights, origin="test", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
        return folder

    return make


@pytest.fixture(scope="session")
def teacher_folder(make_model_folder: Callable[..., Path]) -> Path:
    return make_model_folder("bert", num_hidden_layers=4)


@pytest.fixture(scope="session")
def make_settings(make_architecture: Callable[..., Architecture]) -> Callable[..., TrainingSettings]:
    """The settings of a DistilBERT of two layers; keyword arguments replace top-level fields."""

    def make(**changes: Any) -> TrainingSettings:
        fields = {
            "teacher": "t",
            "corpus": "c",
            "tokenizer": "t",
            "architecture": make_architecture("distilbert").model_dump(),
            "initialization": {"layers": [0, 3]},
            "steps": 7,
            "sequences_per_step": 16,
            "micro_batch_tokens": 100,
            "validation_sequences": 10,
        }
        return TrainingSettings(**fields | changes)

    return make


@pytest.fixture
def make_inputs(
    tokenizer_folder: Path, shards: list[Path], token_counts: Path, teacher_folder: Path
) -> Callable[..., Inputs]:
    """What a segment reads; keyword arguments replace files."""

    def make(state: Path, **changes: Any) -> Inputs:
        return Inputs(tokenizer_folder, shards, token_counts, teacher_folder, state)._replace(**changes)

    return make
