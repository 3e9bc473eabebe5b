"""Fast libraries give the ids of the reference, or the reference does the work."""

import builtins
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbeto.miniature.tokenizers import albert_model, beto_vocabulary
from distilbeto.tokenizer import LoadedTokenizer, engines, load_tokenizer
from distilbeto.tokenizer.engines import Encoded, Engine, engine_for, fast_engine, reference_engine
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

TEXT = [
    "el niño come pan y panes",
    "¿qué comían las niñas? «nada», dijo él.",
    "1.234 niños; 5 % de pan",
    "añadir a ñandúes",
]


@pytest.fixture(scope="module", params=["WordPiece", "BPE", "WordPiece, accents stripped", "BPE, not lower-cased"])
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedTokenizer:
    folder, kind = tmp_path_factory.mktemp("source"), request.param
    if kind.startswith("BPE"):
        (folder / "spiece.model").write_bytes(albert_model(TEXT * 3, 90))
    else:
        (folder / "vocab.txt").write_text(beto_vocabulary(TEXT * 3, 90), encoding="utf-8")
    normalization = Normalization(
        lowercase="not" not in kind, strip_accents="stripped" in kind, ignore_vocabulary_mismatch=True
    )
    prepare_tokenizer(folder, normalization, folder / "prepared")
    return load_tokenizer(folder / "prepared")


def fast(tokenizer: LoadedTokenizer) -> Engine:
    engine = fast_engine(tokenizer)
    assert engine is not None
    return engine


def rows(encoded: Encoded) -> list[list[int]]:
    return [row.tolist() for row in np.split(encoded.tokens, np.cumsum(encoded.lengths))[:-1]]


words = st.sampled_from(
    [
        "niño",
        "PAN",
        "[PAD]",
        "<unk>",
        "[MASK]x",
        "▁",
        "``",
        "''",
        "İ",
        "ΟΔΟΣ",
        "ß",
        "x" * 101,
        "\u0301",
        "\u200b",
        "\x02",
    ]
)
texts = st.lists(words | st.text(max_size=8), max_size=8).map("".join) | st.lists(words, max_size=8).map(" ".join)


@settings(max_examples=300)
@given(lines=st.lists(texts.map(str.strip), max_size=6))
def test_ids_are_those_of_the_reference(tokenizer: LoadedTokenizer, lines: list[str]) -> None:
    encoded = reference_engine(tokenizer).encode(lines)
    assert rows(encoded) == [tokenizer.tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
    assert rows(fast(tokenizer).encode(lines)) == rows(encoded)


def test_the_library_is_named_with_its_version(tokenizer: LoadedTokenizer) -> None:
    kind = json.loads(tokenizer.tokenizer.to_str())["model"]["type"]
    library = {"WordPiece": "nanotoken", "BPE": "kitoken"}[kind]
    assert engine_for(tokenizer, TEXT).name.split()[0] == library
    assert reference_engine(tokenizer).name.split()[0] == "tokenizers"


def test_one_different_id_hands_all_to_the_reference(
    tokenizer: LoadedTokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    honest = fast(tokenizer)

    def dishonest(lines: Sequence[str]) -> Encoded:
        encoded = honest.encode(lines)
        return encoded._replace(tokens=np.where(np.arange(encoded.tokens.size) == 3, 0, encoded.tokens))

    monkeypatch.setattr(engines, "fast_engine", lambda _: Engine("dishonest 1.0", dishonest))
    assert engine_for(tokenizer, TEXT).name.startswith("tokenizers ")
    assert "dishonest 1.0 differs from tokenizers" in caplog.text


def test_without_the_library_the_reference_does_the_work(
    tokenizer: LoadedTokenizer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    importing = builtins.__import__

    def missing(name: str, *arguments: Any, **options: Any) -> Any:
        if name in ("nanotoken", "kitoken"):
            raise ImportError(f"No module named {name!r}", name=name)
        return importing(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert engine_for(tokenizer, TEXT).name.startswith("tokenizers ")
    assert "is not installed: tokenizers does its work, slower" in caplog.text


def test_a_model_that_no_fast_library_reads_is_left_to_the_reference(tmp_path: Path) -> None:
    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "pan": 5}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    content = {"version": "1.0", "model": model, "pre_tokenizer": {"type": "Whitespace"}, "added_tokens": []}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    prepare_tokenizer(tmp_path, Normalization(), tmp_path / "prepared")
    engine = engine_for(load_tokenizer(tmp_path / "prepared"), ["pan"])
    assert engine.name.startswith("tokenizers ")
    assert rows(engine.encode(["pan y pan", ""])) == [[5, 1, 5], []]


def test_ids_with_gaps_are_those_of_the_reference(tmp_path: Path) -> None:
    """A vocabulary with repeated lines has ids without a piece."""
    pieces = beto_vocabulary(TEXT * 3, 90).splitlines()
    (tmp_path / "vocab.txt").write_text("\n".join([*pieces, *pieces[6:40], "", ""]), encoding="utf-8")
    prepare_tokenizer(tmp_path, Normalization(), tmp_path / "prepared")
    loaded = load_tokenizer(tmp_path / "prepared")
    engine = engine_for(loaded, TEXT)
    assert rows(engine.encode(TEXT)) == rows(reference_engine(loaded).encode(TEXT))
