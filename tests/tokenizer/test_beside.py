"""What lies beside a vocabulary: settings, added tokens, and files that are not what their names say."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from distilbeto.errors import UserError
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

LETTERS = "abcdefghijklmnopqrstuvwxyzñáé"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS), "El", "EU"]
PIECES += ["北", "京", "[unused1]"]
TEXTS = ["El niño paga 10 EUR", "xEURx", "<eur> EUR<eur>", "北京"]
CASED = {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}
FLAGS = {"lstrip": False, "rstrip": False, "normalized": False, "single_word": False, "special": True}


def wordpiece(folder: Path, **settings: Any) -> Path:
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece in PIECES), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps(CASED | settings))
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    return folder


def prepared(source: Path) -> LoadedTokenizer:
    prepare_tokenizer(source, Normalization(lowercase=None, strip_accents=None), source / "prepared")
    return load_tokenizer(source / "prepared")


def assert_same_ids(source: Path) -> None:
    loaded, theirs = prepared(source), AutoTokenizer.from_pretrained(source)
    assert [loaded.tokenizer.encode(text).ids for text in TEXTS] == [theirs(text)["input_ids"] for text in TEXTS]
    assert loaded.vocab_size == len(theirs)


def test_tokens_of_added_tokens_json_are_found_as_transformers_finds_them(tmp_path: Path) -> None:
    source = wordpiece(tmp_path)
    (source / "added_tokens.json").write_text(json.dumps({"<eur>": len(PIECES) + 1, "EUR": len(PIECES)}))
    assert_same_ids(source)


@pytest.mark.parametrize("flags", [FLAGS, FLAGS | {"lstrip": True, "special": False}, FLAGS | {"single_word": True}])
def test_tokens_of_added_tokens_decoder_keep_their_flags(tmp_path: Path, flags: dict[str, bool]) -> None:
    names = {str(PIECES.index("[CLS]")): "[CLS]", str(len(PIECES)): "EUR"}
    assert_same_ids(wordpiece(tmp_path, added_tokens_decoder={n: {"content": t} | flags for n, t in names.items()}))


def test_chinese_characters_stay_together_where_the_settings_say_so(tmp_path: Path) -> None:
    assert_same_ids(wordpiece(tmp_path, tokenize_chinese_chars=False))


@pytest.mark.parametrize("added", [{"EUR": 7}, {"EUR": len(PIECES) + 1}, {"EUR": "last"}, {"EUR": None}])
def test_added_tokens_with_other_ids_than_they_would_get_are_refused(tmp_path: Path, added: dict[str, Any]) -> None:
    source = wordpiece(tmp_path)
    (source / "added_tokens.json").write_text(json.dumps(added))
    with pytest.raises(UserError, match="added token"):
        prepared(source)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "special_tokens_map.json"])
@pytest.mark.parametrize("content", ["null", "[1]", "3"])
def test_a_file_beside_it_that_holds_no_entries_is_named(tmp_path: Path, name: str, content: str) -> None:
    source = wordpiece(tmp_path)
    (source / name).write_text(content)
    with pytest.raises(UserError, match=rf"{name}: expected entries"):
        prepared(source)


def test_a_declared_token_that_is_no_text_gives_way_to_the_usual_name(tmp_path: Path) -> None:
    loaded = prepared(wordpiece(tmp_path, cls_token=["[SEP]"], mask_token={"content": ["x"]}, pad_token=None))
    assert (loaded.pad, loaded.cls, loaded.mask) == (0, 2, 4)


@pytest.mark.parametrize("name", ["tokenizer.json", "vocab.txt", "spm.model"])
def test_a_pointer_of_git_lfs_is_called_so(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12345\n")
    with pytest.raises(UserError, match=rf"{name}: a pointer of Git LFS"):
        prepared(tmp_path)
