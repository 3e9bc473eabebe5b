import json
from copy import deepcopy
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from distilbeto.errors import UserError
from distilbeto.glues.encode import Lengths, encode
from distilbeto.glues.encode_questions import OUTSIDE, encode_questions, windows
from distilbeto.glues.encode_texts import encode_texts
from distilbeto.glues.encode_words import encode_words, pieces_of
from distilbeto.glues.examples import Answer, ClassificationExample, Question, TaggedSentence, write_examples
from distilbeto.glues.sequences import Encoded, longest_first
from distilbeto.glues.settings import EncodingSettings
from distilbeto.storage.arrays import open_arrays
from distilbeto.storage.files import sha256_of, write_json
from distilbeto.tokenizer import LoadedTokenizer

LETTERS = "abcdefghijklmnopqrstuvwxyzáéíóúñ.,"
SPECIAL = ["[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]"]
IDS = {"pad": 1, "unk": 3, "cls": 4, "sep": 5, "mask": 0}
LABELS = {"O": 0, "B-LOC": 1}
TOKENIZERS = ["wordpiece", "metaspace"]

words = st.text(LETTERS, min_size=1, max_size=6)
sentences = st.lists(words, min_size=1, max_size=12)


@cache
def tokenizer_of(kind: str) -> LoadedTokenizer:
    """A lower-casing tokenizer of single letters and a few longer pieces: BERT's kind, or SentencePiece's."""
    if kind == "wordpiece":
        pieces = [*SPECIAL, *LETTERS, *(f"##{letter}" for letter in LETTERS), "ca", "##sa"]
        vocabulary = {piece: number for number, piece in enumerate(pieces)}
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    else:
        vocabulary = {piece: number for number, piece in enumerate([*SPECIAL, "▁", *LETTERS, "▁c", "as"])}
        tokenizer = Tokenizer(models.BPE(vocabulary, [("▁", "c"), ("a", "s")], unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.Lowercase()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return LoadedTokenizer(tokenizer, kind, len(vocabulary), **IDS)


@pytest.fixture(params=TOKENIZERS)
def tokenizer(request: pytest.FixtureRequest) -> LoadedTokenizer:
    return tokenizer_of(request.param)


def sequence(encoded: Encoded, index: int, name: str = "input_ids") -> list[int]:
    start, end = encoded.arrays["offsets"][index : index + 2]
    values: list[int] = encoded.arrays[name][start:end].tolist()
    return values


def spelled(tokenizer: LoadedTokenizer, ids: list[int]) -> str:
    return "".join(tokenizer.tokenizer.id_to_token(number) for number in ids).replace("##", "").replace("▁", "")


def question(context: str, answer: str = "", asked: str = "dónde") -> Question:
    return Question("q", asked, context, (Answer(answer, context.index(answer)),) if answer else ())


@given(first=st.integers(0, 40), second=st.integers(0, 40), room=st.integers(2, 50))
def test_the_longer_segment_loses_tokens_first(first: int, second: int, room: int) -> None:
    expected_first, expected_second = first, second
    while expected_first + expected_second > room:
        if expected_first > expected_second:
            expected_first -= 1
        else:
            expected_second -= 1
    assert longest_first(first, second, room) == (expected_first, expected_second)


def test_a_pair_has_its_second_segment_after_the_separator(tokenizer: LoadedTokenizer) -> None:
    examples = [ClassificationExample("0", "casa", "sol", "no"), ClassificationExample("1", "casa", None, "sí")]
    encoded = encode_texts(examples, tokenizer, np.array([0, 1]), 30)
    pair, single = sequence(encoded, 0), sequence(encoded, 1)
    start = encoded.arrays["second_start"][0]
    assert (pair[0], pair[start - 1], pair[-1]) == (tokenizer.cls, tokenizer.sep, tokenizer.sep)
    assert spelled(tokenizer, pair[1 : start - 1]) == "casa"
    assert spelled(tokenizer, pair[start:-1]) == "sol"
    assert encoded.arrays["second_start"][1] == len(single)
    assert encoded.arrays["labels"].tolist() == [0, 1]


def test_long_pairs_are_cut_and_counted(tokenizer: LoadedTokenizer) -> None:
    examples = [ClassificationExample("0", "b" * 30, "d e", "no"), ClassificationExample("1", "b", "d", "no")]
    encoded = encode_texts(examples, tokenizer, np.array([0, 0]), 16)
    assert len(sequence(encoded, 0)) == 16
    assert spelled(tokenizer, sequence(encoded, 0)).endswith("[SEP]de[SEP]")
    assert encoded.counts["truncated"] == 1


def test_empty_texts_are_encoded(tokenizer: LoadedTokenizer) -> None:
    encoded = encode_texts([ClassificationExample("0", "", "", "no")], tokenizer, np.array([0]), 16)
    assert sequence(encoded, 0) == [tokenizer.cls, tokenizer.sep, tokenizer.sep]


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(sentence=sentences)
def test_words_are_tokenized_as_in_running_text(kind: str, sentence: list[str]) -> None:
    tokenizer = tokenizer_of(kind)
    (pieces,) = pieces_of([sentence], tokenizer)
    assert pieces.ids == tokenizer.tokenizer.encode(" ".join(sentence), add_special_tokens=False).ids


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(sentence=sentences, tags=st.data())
def test_every_piece_has_its_words_label(kind: str, sentence: list[str], tags: st.DataObject) -> None:
    tokenizer = tokenizer_of(kind)
    chosen = [tags.draw(st.sampled_from(list(LABELS))) for _ in sentence]
    encoded = encode_words([TaggedSentence("0", tuple(sentence), tuple(chosen))], tokenizer, LABELS, 512)
    ids, index, labels = (sequence(encoded, 0, name) for name in ("input_ids", "word_index", "token_labels"))
    for number, (word, tag) in enumerate(zip(sentence, chosen, strict=True)):
        own = [place for place, of in enumerate(index) if of == number]
        assert spelled(tokenizer, [ids[place] for place in own]) == word
        assert {labels[place] for place in own} == {LABELS[tag]}
    assert (index[0], index[-1], labels[0], labels[-1]) == (-1, -1, -100, -100)


def test_words_lost_to_truncation_are_counted(tokenizer: LoadedTokenizer) -> None:
    sentence = TaggedSentence("0", ("bbbb", "dddd", "eeee", "ffff", "gggg"), ("O",) * 5)
    encoded = encode_words([sentence], tokenizer, LABELS, 12)
    seen = {word for word in sequence(encoded, 0, "word_index") if word >= 0}
    assert len(sequence(encoded, 0)) == 12
    assert encoded.counts == {"truncated": 1, "lost_words": 5 - len(seen)}
    assert encoded.arrays["words"].tolist() == [5]


def encode_sentences(folder: Path, sentences: list[TaggedSentence], max_length: int, **settings: Any) -> Path:
    examples = folder / "tags.jsonl"
    write_examples(examples, sentences)
    write_json(folder / "tags.json", {"dataset": "tags", "sha256": sha256_of(examples)})
    encode(
        examples,
        folder / "tags.json",
        settings=EncodingSettings(kind="token_classification", labels=list(LABELS), **settings),
        lengths=Lengths(max_length, 4),
        tokenizer=tokenizer_of("wordpiece"),
        output=folder / "tags.safetensors",
    )
    return folder / "tags.safetensors"


def test_a_file_without_blank_lines_is_refused(tmp_path: Path) -> None:
    """As EuropeanaNewspapers has it: all is one example, of which truncation leaves the first words."""
    sentences = [TaggedSentence("1", ("b",) * 180, ("O",) * 180), TaggedSentence("2", ("d",) * 20, ("O",) * 20)]
    with pytest.raises(
        UserError, match=r"tags\.jsonl: 84\.0% of the words \(168\) .* example, 1, has 180 words"
    ) as error:
        encode_sentences(tmp_path, sentences, 18)
    assert "blank lines between sentences" in str(error.value)
    assert not (tmp_path / "tags.safetensors").exists()
    encode_sentences(tmp_path, sentences, 18, max_truncation_rate=0.84)


def test_only_words_that_truncation_cuts_off_count_as_truncated(tmp_path: Path) -> None:
    zero_width = "\u200b"
    sentences = [TaggedSentence("1", ("b", zero_width), ("O", "O")), TaggedSentence("2", ("d",) * 6, ("O",) * 6)]
    encode_sentences(tmp_path, sentences, 8, max_truncation_rate=0)


def test_a_word_without_pieces_is_lost_and_shifts_no_label() -> None:
    sentence = TaggedSentence("0", ("\u200b", "casa"), ("O", "B-LOC"))
    encoded = encode_words([sentence], tokenizer_of("wordpiece"), LABELS, 16)
    assert sequence(encoded, 0, "word_index") == [-1, 1, 1, -1]
    assert sequence(encoded, 0, "token_labels") == [-100, 1, 1, -100]
    assert encoded.counts["lost_words"] == 1


@given(tokens=st.integers(0, 300), size=st.integers(2, 60), shared=st.integers(0, 59))
def test_windows_cover_all_tokens_and_share_the_stride(tokens: int, size: int, shared: int) -> None:
    shared = min(shared, size - 1)
    found = list(windows(tokens, size, shared))
    assert found[0][0] == 0
    assert found[-1][1] == tokens
    assert all(end - start <= size for start, end in found)
    assert all(before[1] - after[0] == shared for before, after in pairwise(found))


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(text=st.lists(st.tuples(words, st.sampled_from([" ", "  ", "\n"])), min_size=1, max_size=30))
def test_characters_of_windows_spell_the_context(kind: str, text: list[tuple[str, str]]) -> None:
    context = " " + "".join(word.title() + space for word, space in text)
    encoded = encode_questions([question(context)], tokenizer_of(kind), 24, 4)
    covered = np.zeros(len(context), bool)
    for start, end in zip(encoded.arrays["char_start"], encoded.arrays["char_end"], strict=True):
        if start != OUTSIDE:
            assert not context[start:end].strip() or context[start:end] == context[start:end].strip()
            covered[start:end] = True
    assert all(covered[place] for place, character in enumerate(context) if not character.isspace())


@pytest.mark.parametrize("kind", TOKENIZERS)
@given(before=sentences, answer=st.lists(words, min_size=1, max_size=2), after=sentences)
def test_positions_of_an_answer_give_back_its_text(
    kind: str, before: list[str], answer: list[str], after: list[str]
) -> None:
    text, start = " ".join(answer), len(" ".join(before)) + 1
    example = Question("q", "dónde", " ".join([*before, *answer, *after]), (Answer(text, start),))
    encoded = encode_questions([example], tokenizer_of(kind), 64, 20)
    chars = encoded.arrays
    held = 0
    for window, offset in enumerate(chars["offsets"][:-1]):
        first, last = (int(chars[name][window]) for name in ("start_positions", "end_positions"))
        if first:
            held += 1
            assert example.context[chars["char_start"][offset + first] : chars["char_end"][offset + last]] == text
        else:
            assert last == 0
    assert held
    assert encoded.counts["answers_lost"] == 0


def test_each_window_names_its_question(tokenizer: LoadedTokenizer) -> None:
    encoded = encode_questions([question("b " * 40), question("d")], tokenizer, 24, 4)
    index = encoded.arrays["example_index"].tolist()
    assert index == sorted(index)
    assert index.count(0) > 1
    assert index.count(1) == 1


def test_a_long_question_is_cut_to_half(tokenizer: LoadedTokenizer) -> None:
    encoded = encode_questions([question("b d e", asked="z" * 90)], tokenizer, 24, 4)
    assert encoded.arrays["second_start"][0] == 12 + 2
    assert encoded.counts["truncated"] == 1


def test_an_empty_context_still_has_a_window(tokenizer: LoadedTokenizer) -> None:
    encoded = encode_questions([question("")], tokenizer, 24, 4)
    assert encoded.arrays["example_index"].tolist() == [0]
    assert (encoded.arrays["char_start"] == OUTSIDE).all()


def test_a_stride_as_long_as_a_window_is_refused(tokenizer: LoadedTokenizer) -> None:
    with pytest.raises(UserError, match=r"share 128 tokens: in sequences of 96, one may be 45"):
        encode_questions([question("b")], tokenizer, 96, 128)


NFD = [
    ("acción", "según dicen, la acción más rápida", "acción más"),
    ("q\u0307\u0323 ñandú", "el ñandú corrió", "el ñandú"),
    ("sí", "corrió", "corrió"),
]


@pytest.mark.parametrize(("asked", "context", "answer"), NFD)
def test_a_decomposed_text_is_read_as_its_composed_form(
    tokenizer: LoadedTokenizer, asked: str, context: str, answer: str
) -> None:
    """And answers found in it are texts of the context as it stands."""
    nfd = [normalize("NFD", text) for text in (asked, context, answer)]
    given, composed = (
        encode_questions([question(context, answer, asked)], tokenizer, 64, 8).arrays
        for asked, context, answer in (nfd, (asked, context, answer))
    )
    for name in ("input_ids", "start_positions", "end_positions"):
        assert given[name].tolist() == composed[name].tolist()
    place = [given[name][0] for name in ("start_positions", "end_positions")]
    assert nfd[1][given["char_start"][place[0]] : given["char_end"][place[1]]] == nfd[2]
    for start, end, first, last in zip(
        *(arrays[name] for arrays in (given, composed) for name in ("char_start", "char_end")), strict=True
    ):
        assert normalize("NFC", nfd[1][max(start, 0) : max(end, 0)]) == context[max(first, 0) : max(last, 0)]


def test_words_and_pairs_are_composed_too(tokenizer: LoadedTokenizer) -> None:
    words = ("acción", "niño")
    nfd = tuple(normalize("NFD", word) for word in words)
    sentences = [TaggedSentence("0", each, ("O", "O")) for each in (words, nfd)]
    pairs = [ClassificationExample("0", *each, "no") for each in (words, nfd)]
    for encoded in (encode_words(sentences, tokenizer, LABELS, 40), encode_texts(pairs, tokenizer, {"no": 0}, 40)):
        assert sequence(encoded, 0) == sequence(encoded, 1)
        assert tokenizer.unk not in sequence(encoded, 1)


@pytest.mark.parametrize("name", ["[MASK]", "[PAD]", "[UNK]", "[CLS]", "[SEP]"])
def test_special_tokens_in_a_text_are_text(tokenizer: LoadedTokenizer, name: str) -> None:
    tokenizer = tokenizer._replace(tokenizer=deepcopy(tokenizer.tokenizer))
    tokenizer.tokenizer.add_special_tokens(SPECIAL)
    assert tokenizer.tokenizer.encode(name, add_special_tokens=False).tokens == [name]
    text = f"usa {name} y aquí{name}"
    inner = {tokenizer.cls, tokenizer.sep, tokenizer.pad, tokenizer.mask}
    pair = encode_texts([ClassificationExample("0", text, text, "no")], tokenizer, {"no": 0}, 99)
    words = encode_words([TaggedSentence("0", tuple(text.split()), ("O",) * 4)], tokenizer, LABELS, 99)
    asked = encode_questions([question(text, "aquí", text)], tokenizer, 99, 4)
    assert inner.isdisjoint(sequence(words, 0)[1:-1])
    for encoded in (pair, asked):
        ids, second = sequence(encoded, 0), encoded.arrays["second_start"][0]
        assert inner.isdisjoint([*ids[1 : second - 1], *ids[second:-1]])
        lower = name.lower().strip("[]")
        assert spelled(tokenizer, ids[1 : second - 1]).count(lower) == 2


def encode_file(folder: Path, text: str = "casa", label: str = "sí", **settings: Any) -> Path:
    examples = folder / "toy.jsonl"
    write_examples(examples, [ClassificationExample("7", text, None, label)])
    write_json(folder / "toy.json", {"dataset": "toy", "sha256": sha256_of(examples)})
    encode(
        examples,
        folder / "toy.json",
        settings=EncodingSettings(kind="sequence_classification", labels=["no", "sí"], **settings),
        lengths=Lengths(16, 4),
        tokenizer=tokenizer_of("wordpiece"),
        output=folder / "toy.safetensors",
    )
    return folder / "toy.safetensors"


def test_the_file_says_what_it_was_made_from(tmp_path: Path) -> None:
    metadata = open_arrays(encode_file(tmp_path), "features-1").metadata
    assert metadata["tokenizer"] == "wordpiece"
    assert metadata["examples_sha256"] == sha256_of(tmp_path / "toy.jsonl")
    expected = {"examples": 1, "windows": 1, "truncated": 0, "tokens": 2, "unknown_tokens": 0}
    assert metadata["counts"] == expected
    assert json.loads(json.dumps(metadata["special_ids"])) == {"pad": 1, "cls": 4, "sep": 5}


def test_examples_that_were_composed_are_counted(tmp_path: Path) -> None:
    counts = open_arrays(encode_file(tmp_path, normalize("NFD", "ñandú")), "features-1").metadata["counts"]
    assert (counts["nfc_normalized"], counts["unknown_tokens"]) == (1, 0)


def test_the_same_data_has_the_same_digest(tmp_path: Path) -> None:
    digests = [
        open_arrays(encode_file(tmp_path, text), "features-1").metadata["arrays_sha256"]
        for text in ("casa", "casa", "casas")
    ]
    assert digests[0] == digests[1] != digests[2]


def test_an_unknown_label_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="dataset toy, example 7: the label 'quizá' is not one of the task's: no, sí"):
        encode_file(tmp_path, label="quizá")


def test_a_tokenizer_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"(?s)67% of the tokens are unknown.*strip_accents"):
        encode_file(tmp_path, "漢 字 a")
    encode_file(tmp_path, "漢 字 a", max_unk_rate=0.7)


def test_examples_that_are_not_those_of_the_manifest_are_refused(tmp_path: Path) -> None:
    encode_file(tmp_path)
    manifest = tmp_path / "toy.json"
    write_json(manifest, {"dataset": "toy", "sha256": "0" * 64})
    with pytest.raises(UserError, match="SHA-256"):
        encode(
            tmp_path / "toy.jsonl",
            manifest,
            settings=EncodingSettings(kind="sequence_classification", labels=["sí"]),
            lengths=Lengths(16, 4),
            tokenizer=tokenizer_of("wordpiece"),
            output=tmp_path / "other.safetensors",
        )
    assert not (tmp_path / "other.safetensors").exists()
