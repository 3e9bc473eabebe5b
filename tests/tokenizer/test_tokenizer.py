import json
import re
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from distilbeto.errors import UserError
from distilbeto.storage.files import read_json
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer, text_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

PIECES = ["[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]", "el", "niño", "nino", "come", "com", "##ió", "##io"]
TEXT = "El NIÑO comió"


def published(folder: Path, pieces: list[str] = PIECES, **changes: Any) -> Path:
    """A tokenizer.json as they are published: accents stripped by default, a truncation baked in."""
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.enable_truncation(510)
    tokenizer.enable_padding(length=600)
    folder.mkdir(exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(json.loads(tokenizer.to_str()) | changes), encoding="utf-8")
    return folder


def prepared(source: Path, **settings: bool) -> LoadedTokenizer:
    output = source / "-".join(["prepared", *(f"{name}={value}" for name, value in settings.items())])
    prepare_tokenizer(source, Normalization(**{"ignore_vocabulary_mismatch": True} | settings), output)
    return load_tokenizer(output)


def tokens(loaded: LoadedTokenizer, *texts: str) -> list[str]:
    found: list[str] = loaded.tokenizer.encode(*texts).tokens
    return found


def test_the_default_lower_cases_and_keeps_accents(tmp_path: Path) -> None:
    assert tokens(prepared(published(tmp_path)), TEXT) == ["[CLS]", "el", "niño", "com", "##ió", "[SEP]"]


def test_accents_are_stripped_on_demand(tmp_path: Path) -> None:
    loaded = prepared(published(tmp_path), strip_accents=True)
    assert tokens(loaded, TEXT) == ["[CLS]", "el", "nino", "com", "##io", "[SEP]"]


def test_without_lower_casing_capitals_are_unknown(tmp_path: Path) -> None:
    loaded = prepared(published(tmp_path), lowercase=False)
    assert tokens(loaded, TEXT) == ["[CLS]", "[UNK]", "[UNK]", "com", "##ió", "[SEP]"]


def test_truncation_and_padding_are_cleared(tmp_path: Path) -> None:
    loaded = prepared(published(tmp_path))
    assert len(tokens(loaded, "niño " * 1000)) == 1002
    assert len(tokens(loaded, "niño")) == 3


def test_pairs_have_types_and_separators(tmp_path: Path) -> None:
    encoding = prepared(published(tmp_path)).tokenizer.encode("el niño", "come")
    assert encoding.tokens == ["[CLS]", "el", "niño", "[SEP]", "come", "[SEP]"]
    assert encoding.type_ids == [0, 0, 0, 0, 1, 1]


def test_special_ids_are_found_by_name(tmp_path: Path) -> None:
    loaded = prepared(published(tmp_path))
    assert (loaded.mask, loaded.pad, loaded.unk, loaded.cls, loaded.sep) == (0, 1, 3, 4, 5)
    assert loaded.vocab_size == len(PIECES)
    assert tokens(loaded, "el [MASK]") == ["[CLS]", "el", "[MASK]", "[SEP]"]


def test_the_fingerprint_changes_with_what_changes_ids_and_with_nothing_else(tmp_path: Path) -> None:
    first, second = published(tmp_path / "first"), published(tmp_path / "second", truncation=None)
    assert prepared(first).fingerprint == prepared(second).fingerprint
    other_vocabulary = published(tmp_path / "third", [*PIECES, "pan"])
    others = [prepared(other_vocabulary), prepared(first, strip_accents=True), prepared(first, lowercase=False)]
    assert len({prepared(first).fingerprint, *(other.fingerprint for other in others)}) == 4


def test_vocab_txt_gives_the_same_as_tokenizer_json(tmp_path: Path) -> None:
    (tmp_path / "txt").mkdir()
    (tmp_path / "txt" / "vocab.txt").write_text("\r\n".join(PIECES), encoding="utf-8")
    text, ready = prepared(tmp_path / "txt"), prepared(published(tmp_path / "json"))
    assert text.tokenizer.encode(TEXT).ids == ready.tokenizer.encode(TEXT).ids


def test_a_vocabulary_without_special_tokens_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]\n[CLS]\n[SEP]\npan\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"the vocabulary of 4 tokens lacks \[PAD\] or <pad>, \[MASK\]"):
        prepared(tmp_path)


def test_repeated_and_blank_lines_are_read_as_transformers_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from transformers import BertTokenizer

    lines = [*PIECES, "pan", "", "niño", "pan"]
    (tmp_path / "vocab.txt").write_text("".join(f"{line}\n" for line in [*lines, "", ""]), encoding="utf-8")
    loaded = prepared(tmp_path)
    theirs = BertTokenizer.from_pretrained(tmp_path, strip_accents=False)
    assert tokens(loaded, "el niño pan come")[1:-1] == ["el", "niño", "pan", "come"]
    assert loaded.tokenizer.encode("el niño pan come").ids == theirs("el niño pan come")["input_ids"]
    assert loaded.tokenizer.token_to_id("pan") == len(lines) - 1
    assert loaded.vocab_size == len(lines)
    manifest = read_json(tmp_path / "prepared" / "manifest.json")
    assert manifest["repairs"] == {"repeated_lines": 2, "blank_lines": 3}
    assert f"{tmp_path}: 2 repeated lines, 3 blank lines" in caplog.text


LOWER = ["el", "niño", "come", "com", "##ió"]
CASED = ["el", "El", "##iño", "Niño"]
STRIPPED = [f"pan{number}" for number in range(2000)]
ALPHABET = [*(f"niño{number}" for number in range(2000)), "A", "B", "##C"]


@pytest.mark.parametrize(
    ("pieces", "settings", "problem"),
    [
        (LOWER, {"lowercase": False}, r"lowercase: false, but none of the vocabulary's 5 pieces have a capital"),
        (CASED, {"lowercase": True}, r"lowercase: true, but 50.00% of the vocabulary's 4 pieces have a capital"),
        (
            LOWER,
            {"strip_accents": True},
            r"strip_accents: true, but 40.00% of the vocabulary's 5 pieces have an accent",
        ),
        (STRIPPED, {"strip_accents": False}, r"strip_accents: false, but none of .* 2000 pieces have an accent"),
        (LOWER, {"lowercase": False, "strip_accents": True}, r"lowercase: false.*; strip_accents: true"),
        (LOWER, {"lowercase": True}, None),
        (CASED, {"lowercase": False}, None),
        (STRIPPED, {"strip_accents": True}, None),
        (ALPHABET, {"lowercase": True}, None),
        (ALPHABET, {"lowercase": False}, None),
        (["pan", "sal"], {"strip_accents": False}, None),
    ],
)
def test_settings_that_contradict_the_vocabulary_are_refused(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    pieces: list[str],
    settings: dict[str, bool],
    problem: str | None,
) -> None:
    """Special tokens are no sign of capitals. Insisting is logged."""
    (tmp_path / "vocab.txt").write_text("\n".join([*PIECES[:6], "[unused1]", *pieces]), encoding="utf-8")
    if problem is None:
        prepared(tmp_path, ignore_vocabulary_mismatch=False, **settings)
        return
    with pytest.raises(UserError, match=rf"(?s){problem}.*ignore_vocabulary_mismatch: true"):
        prepared(tmp_path, ignore_vocabulary_mismatch=False, **settings)
    prepared(tmp_path, ignore_vocabulary_mismatch=True, **settings)
    assert re.search(problem, caplog.text)


@pytest.mark.parametrize(
    ("name", "content"),
    [("tokenizer.json", '{"model": {"type": "x"}}'), ("tokenizer.json", "[]"), ("spiece.model", "x")],
)
def test_a_damaged_tokenizer_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=str(tmp_path)):
        prepared(tmp_path)


def test_a_folder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected tokenizer\.json, vocab\.txt, .* or spm\.model"):
        prepared(tmp_path)


SPANISH = ["el niño comió pan en la mañana", "la niña comió peras y el niño panes", "mañana comerán camarones en cádiz"]


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def sentencepiece_folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    with (folder / "spiece.model").open("wb") as model:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SPANISH * 20),
            model_writer=model,
            model_type=request.param,
            vocab_size=60,
            hard_vocab_limit=False,
            pad_id=0,
            pad_piece="<pad>",
            unk_id=1,
            bos_id=-1,
            eos_id=-1,
            control_symbols=["[CLS]", "[SEP]", "[MASK]"],
            minloglevel=2,
        )
    return folder


def test_spiece_model_gives_the_pieces_of_sentencepiece(sentencepiece_folder: Path) -> None:
    loaded = prepared(sentencepiece_folder)
    processor = sentencepiece.SentencePieceProcessor(model_file=str(sentencepiece_folder / "spiece.model"))
    for text in [*SPANISH, "  Niños  y NIÑAS, ¿ranas? ", "ω", "MAÑANA"]:
        encoding = loaded.tokenizer.encode(text, add_special_tokens=False)
        assert encoding.ids == processor.encode(text.lower())
    assert (loaded.pad, loaded.unk, loaded.cls, loaded.sep, loaded.mask) == (0, 1, 2, 3, 4)


def test_control_symbols_in_a_text_are_text(sentencepiece_folder: Path) -> None:
    loaded = prepared(sentencepiece_folder, lowercase=False)
    for symbol in ["<pad>", "[CLS]", "[SEP]", "[MASK]"]:
        assert tokens(loaded, symbol)[1:-1] == [symbol]
        found = text_tokenizer(loaded).encode(f"niño {symbol} niño{symbol}", add_special_tokens=False).ids
        assert {loaded.pad, loaded.cls, loaded.sep, loaded.mask}.isdisjoint(found)


def test_sentencepiece_strips_accents_and_keeps_capitals_on_demand(sentencepiece_folder: Path) -> None:
    plain = prepared(sentencepiece_folder)
    stripped = prepared(sentencepiece_folder, strip_accents=True)
    assert tokens(stripped, "El niño comió") == tokens(plain, "el nino comio")
    cased = prepared(sentencepiece_folder, lowercase=False)
    assert plain.unk not in plain.tokenizer.encode("Mañana en Cádiz").ids
    assert cased.unk in cased.tokenizer.encode("Mañana en Cádiz").ids


def test_transformers_loads_the_same_tokenizer(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    loaded = prepared(published(tmp_path))
    theirs = AutoTokenizer.from_pretrained(tmp_path / "prepared")
    encoding = loaded.tokenizer.encode("El NIÑO [MASK]", "comió")
    assert theirs("El NIÑO [MASK]", "comió")["input_ids"] == encoding.ids
    assert theirs("El NIÑO [MASK]", "comió")["token_type_ids"] == encoding.type_ids
    assert len(theirs("niño " * 1000)["input_ids"]) == 1002
    ids = [theirs.pad_token_id, theirs.unk_token_id, theirs.cls_token_id, theirs.sep_token_id, theirs.mask_token_id]
    assert ids == [loaded.pad, loaded.unk, loaded.cls, loaded.sep, loaded.mask]
