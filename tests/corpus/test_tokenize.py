from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import pytest

from distilbeto.corpus.sequences import Counts
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shards import Shard, verify_shard
from distilbeto.corpus.tokenize import text_file, tokenize_shard
from distilbeto.errors import UserError
from distilbeto.storage.files import write_text
from distilbeto.tokenizer import LoadedTokenizer, engines
from distilbeto.tokenizer.engines import Encoded, Engine, reference_engine

MakeSource = Callable[[bytes], Path]
RULES = SequenceRules(max_tokens=16, min_tokens=3)


@pytest.fixture
def tokenize(make_source: MakeSource, tokenizer: LoadedTokenizer, tmp_path: Path) -> Callable[..., Shard]:
    def run(content: bytes, shard: int = 0, shards: int = 1, rules: SequenceRules = RULES) -> Shard:
        output = tmp_path / f"{shard}-{shards}.safetensors"
        text = text_file(make_source(content), "text.txt", "text")
        tokenize_shard(text, shard, shards, tokenizer=tokenizer, rules=rules, output=output)
        return verify_shard(output)

    return run


def pieces(shard: Shard, tokenizer: LoadedTokenizer) -> list[str]:
    """The sequences of a shard as text, without CLS and SEP."""
    bounds = shard.offsets.tolist()
    rows = [shard.tokens[start:end].tolist() for start, end in pairwise(bounds)]
    return [" ".join(map(tokenizer.tokenizer.id_to_token, row[1:-1])) for row in rows]


@pytest.mark.parametrize(
    ("content", "repairs"),
    [
        ("El niño come.\npanes y pan\n", {}),
        ("El niño come.\npanes y pan", {}),
        ("El niño come.\r\npanes y pan\r\n", {"carriage_returns": 2}),
        ("\ufeffEl niño come.\npanes y pan\n", {"byte_order_marks": 1}),
        ("El ni\0ño come.\npanes y\0 pan\n", {"nuls": 2}),
        ("\tEl niño come. \n  panes y pan\u00a0\n", {}),
        ("El nin\u0303o come.\npanes y pan\n", {"nfc_normalized": 1}),
    ],
    ids=["plain", "no last line feed", "carriage returns", "byte-order mark", "NUL", "white space", "NFD"],
)
def test_sequences_are_the_lines(
    content: str, repairs: dict[str, int], tokenize: Callable[..., Shard], tokenizer: LoadedTokenizer
) -> None:
    shard = tokenize(content.encode())
    assert pieces(shard, tokenizer) == ["el niño come .", "pan ##es y pan"]
    assert shard.metadata["counts"] == Counts(lines=2, kept=2)._replace(**repairs).recorded()


def test_a_shard_does_not_depend_on_when_or_where_it_was_made(tokenize: Callable[..., Shard]) -> None:
    contents = [tokenize(b"el pan\ny\npan y pan\n").path.read_bytes() for _ in range(2)]
    assert contents[0] == contents[1]


def test_the_shard_names_the_library_that_did_the_work(tokenize: Callable[..., Shard]) -> None:
    assert tokenize(b"el pan\n").metadata["engine"] == f"nanotoken {version('nanotoken')}"


def test_a_library_that_errs_in_one_line_of_a_shard_does_none_of_it(
    tokenize: Callable[..., Shard], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"el pan\n" * 50 + b"pan y\n"
    expected = tokenize(content).tokens.tolist()  # read before the same file is written again

    def erring(tokenizer: LoadedTokenizer) -> Engine:
        def encode(lines: Sequence[str]) -> Encoded:
            return reference_engine(tokenizer).encode([line.replace("pan y", "pan") for line in lines])

        return Engine("erring 1.0", encode)

    monkeypatch.setattr(engines, "fast_engine", erring)
    shard = tokenize(content)
    assert shard.metadata["engine"].startswith("tokenizers ")
    assert shard.tokens.tolist() == expected


def test_shards_together_are_the_whole(tokenize: Callable[..., Shard], tokenizer: LoadedTokenizer) -> None:
    content = "el niño\n\npan y pan y pan\ny\nel pan y el niño come panes\n".encode() * 3
    whole = tokenize(content)
    parts = [tokenize(content, shard, 5) for shard in range(5)]
    assert [text for part in parts for text in pieces(part, tokenizer)] == pieces(whole, tokenizer)
    for name, count in whole.metadata["counts"].items():
        assert sum(part.metadata["counts"][name] for part in parts) == count


def test_special_tokens_in_the_text_are_text(tokenize: Callable[..., Shard], tokenizer: LoadedTokenizer) -> None:
    shard = tokenize(b"pan [PAD] y [MASK]\n")
    assert pieces(shard, tokenizer) == ["pan [ [UNK] ] y [ [UNK] ]"]


def test_a_line_of_nothing_but_white_space_is_empty(tokenize: Callable[..., Shard]) -> None:
    counts = tokenize(b" \t\n\npan\n").metadata["counts"]
    assert (counts["lines"], counts["empty"], counts["kept"]) == (3, 2, 1)


def test_a_shard_in_which_nothing_is_kept_is_written(tokenize: Callable[..., Shard]) -> None:
    shard = tokenize(b"pan\nzzz zzz zzz\n", rules=SequenceRules(max_tokens=16, min_tokens=5))
    assert shard.tokens.size == 0
    assert shard.offsets.tolist() == [0]
    assert shard.metadata["counts"] == Counts(lines=2, short=1, unknown=1).recorded()
    assert (shard.metadata["text_tokens"], shard.metadata["text_unknown"]) == (4, 3)


@pytest.mark.parametrize(("shard", "shards"), [(0, 1), (1, 2)])
def test_bytes_that_are_not_utf8_are_named_by_line_and_offset(
    tokenize: Callable[..., Shard], shard: int, shards: int
) -> None:
    content = b"pan\n" * 10 + b"el ni\xf1o\npan\n"
    with pytest.raises(UserError, match=r"text\.txt, line 11: byte 0xf1 at offset 45 is not UTF-8\n.*iconv"):
        tokenize(content, shard, shards)


@pytest.mark.parametrize("shard", [-1, 2])
def test_a_shard_that_is_not_there_is_refused(tokenize: Callable[..., Shard], shard: int) -> None:
    with pytest.raises(UserError, match=f"there is no shard {shard} of 2: expected 0 to 1"):
        tokenize(b"pan\n", shard, 2)


def test_an_empty_file_is_refused(tokenize: Callable[..., Shard]) -> None:
    with pytest.raises(UserError, match=r"text\.txt: the file is empty"):
        tokenize(b"")


def test_a_file_that_changed_since_it_was_fetched_is_refused(
    make_source: MakeSource, tokenizer: LoadedTokenizer, tmp_path: Path
) -> None:
    text = text_file(make_source(b"pan\n"), "text.txt", "text")
    write_text(text.path, "pan y pan\n")
    with pytest.raises(UserError, match="the file has 10 bytes, the manifest of its source says 4"):
        tokenize_shard(text, 0, 1, tokenizer=tokenizer, rules=RULES, output=tmp_path / "x.safetensors")
    assert not (tmp_path / "x.safetensors").exists()


def test_a_file_that_the_source_lacks_is_refused(make_source: MakeSource) -> None:
    with pytest.raises(UserError, match=r"no file 'other\.txt'; it has text\.txt"):
        text_file(make_source(b"pan\n"), "other.txt", "other")
