"""A small WordPiece tokenizer, and a shard of given sequences."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distilbeto.corpus.sequences import Counts
from distilbeto.corpus.shard_writer import write_shard
from distilbeto.storage.files import sha256_of
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

PIECES = [
    "[MASK]",
    "[PAD]",
    "[EOS]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "el",
    "niño",
    "come",
    "pan",
    "##es",
    "y",
    ".",
    "[",
    "]",
]


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    prepare_tokenizer(folder, Normalization(), folder / "prepared")
    return folder / "prepared"


@pytest.fixture(scope="session")
def tokenizer(tokenizer_folder: Path) -> LoadedTokenizer:
    return load_tokenizer(tokenizer_folder)


@pytest.fixture
def make_source(tmp_path: Path) -> Callable[[bytes], Path]:
    """Write a source with one file, text.txt, of the given content; returns its manifest."""

    def make(content: bytes) -> Path:
        path = tmp_path / "source" / "text.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        manifest = tmp_path / "source.json"
        manifest.write_text(json.dumps({"files": {"text.txt": {"bytes": len(content), "sha256": sha256_of(path)}}}))
        return manifest

    return make


@pytest.fixture
def make_shard(tmp_path: Path) -> Callable[..., Path]:
    """Write a shard of the given sequences; keyword arguments replace metadata."""

    def make(name: str, sequences: list[list[int]], **changes: Any) -> Path:
        metadata = {
            "tokenizer": "abc",
            "vocab_size": 50,
            "engine": "nanotoken 0.1.0",
            "file": "text",
            "file_sha256": "0" * 64,
            "shard": 0,
            "shards": 1,
            "counts": Counts(9, len(sequences), cut=1, short=2, unknown=3, empty=1, nuls=7)._asdict(),
            "text_tokens": 40,
            "text_unknown": 4,
        }
        offsets = np.cumsum([0, *map(len, sequences)], dtype=np.uint64)
        tokens = np.array([token for sequence in sequences for token in sequence], np.uint16)
        path = tmp_path / f"{name}.safetensors"
        write_shard(path, tokens, offsets, metadata | changes)
        return path

    return make
