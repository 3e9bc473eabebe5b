from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer

from distilbeto.miniature.tokenizers import SPECIAL_TOKENS, train_wordpiece

WORDS = st.text("abcñé", min_size=1, max_size=8)


def tokenizer_of(pieces: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


@given(st.lists(WORDS, min_size=1, max_size=30), st.integers(20, 60))
def test_every_word_of_the_training_text_is_covered(words: list[str], size: int) -> None:
    pieces = train_wordpiece(words, size)
    assert len(pieces) == len(set(pieces)) <= size
    assert pieces[:6] == list(SPECIAL_TOKENS)
    for word in words:
        assert "".join(tokenizer_of(pieces).encode(word).tokens).replace("##", "") == word


@given(st.lists(WORDS, min_size=1, max_size=30), st.randoms())
def test_the_order_of_lines_does_not_matter(words: list[str], random: object) -> None:
    shuffled = list(words)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert train_wordpiece(words, 40) == train_wordpiece(shuffled, 40)


def test_frequent_words_become_one_piece() -> None:
    characters = len(train_wordpiece(["casa caso"], 0))
    pieces = train_wordpiece(["casa casa casa casa caso"], characters + 3)
    assert tokenizer_of(pieces).encode("casa caso").tokens == ["casa", "cas", "##o"]
