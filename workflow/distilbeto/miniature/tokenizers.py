"""The two tokenizers of the miniature's BETO and s-ALBERT, trained on its corpus: WordPiece and SentencePiece."""

import io
from collections import Counter
from collections.abc import Iterable, Sequence

from distilbeto.miniature.pair_encoding import merge

PREFIX = "##"
SPECIAL_TOKENS = ("[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]")


def beto_vocabulary(lines: Sequence[str], vocab_size: int) -> str:
    """vocab.txt, with the ids of BETO: [MASK] 0, [PAD] 1, [EOS] 2, [UNK] 3, [CLS] 4, [SEP] 5."""
    return "".join(f"{piece}\n" for piece in train_wordpiece(lines, vocab_size))


def albert_model(lines: Sequence[str], vocab_size: int) -> bytes:
    """spiece.model, a byte-pair encoding with the ids of s-ALBERT: <pad> 0, <unk> 1, [CLS] 2, [SEP] 3, [MASK] 4.

    One thread and no sampling: the same bytes each time.
    """
    from sentencepiece import SentencePieceTrainer

    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        control_symbols=["[CLS]", "[SEP]", "[MASK]"],
        shuffle_input_sentence=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def train_wordpiece(lines: Iterable[str], vocab_size: int) -> list[str]:
    """The pieces in the order of their ids: BETO's special tokens, characters, then merges of the most frequent pairs.

    The same each time, unlike the trainer of `tokenizers`, which breaks ties at random. `lines` are lower-cased. Fewer
    pieces than `vocab_size` where every word is a piece already.
    """
    from tokenizers.pre_tokenizers import BertPreTokenizer

    split = BertPreTokenizer()
    counts = Counter(word for line in lines for word, _ in split.pre_tokenize_str(line))
    words = sorted(counts)
    splits = [[word[0], *(PREFIX + character for character in word[1:])] for word in words]
    alphabet = {piece for pieces in splits for piece in pieces}
    alphabet |= {piece.removeprefix(PREFIX) for piece in alphabet}
    vocabulary = dict.fromkeys([*SPECIAL_TOKENS, *sorted(alphabet)])
    merge(splits, [counts[word] for word in words], vocabulary, vocab_size, prefix=PREFIX)
    return list(vocabulary)
