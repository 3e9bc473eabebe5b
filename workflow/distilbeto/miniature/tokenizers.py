"""The two tokenizers of the miniature, trained on its corpus: WordPiece for BETO, SentencePiece for s-ALBERT."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

PREFIX = "##"
SPECIAL_TOKENS = ("[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]")
Pair = tuple[str, str]


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
    _merge(splits, [counts[word] for word in words], vocabulary, vocab_size)
    return list(vocabulary)


def _merge(splits: list[list[str]], counts: Sequence[int], vocabulary: dict[str, None], vocab_size: int) -> None:
    """Byte-pair encoding: add the most frequent pair until the vocabulary is full; ties go by the alphabet."""
    frequency: Counter[Pair] = Counter()
    places: defaultdict[Pair, set[int]] = defaultdict(set)
    for number, pieces in enumerate(splits):
        _count(pieces, counts[number], frequency)
        for pair in pairwise(pieces):
            places[pair].add(number)
    while len(vocabulary) < vocab_size and (best := _most_frequent(frequency)):
        merged = best[0] + best[1].removeprefix(PREFIX)
        vocabulary[merged] = None
        for number in places.pop(best):
            _count(splits[number], -counts[number], frequency)
            splits[number] = _replaced(splits[number], best, merged)
            _count(splits[number], counts[number], frequency)
            for pair in pairwise(splits[number]):
                places[pair].add(number)


def _most_frequent(frequency: Counter[Pair]) -> Pair | None:
    best = min(frequency, key=lambda pair: (-frequency[pair], pair), default=None)
    return best if best and frequency[best] > 0 else None


def _count(pieces: Sequence[str], times: int, frequency: Counter[Pair]) -> None:
    for pair in pairwise(pieces):
        frequency[pair] += times
        if not frequency[pair]:
            del frequency[pair]


def _replaced(pieces: Sequence[str], pair: Pair, merged: str) -> list[str]:
    result: list[str] = []
    for piece in pieces:
        if result and (result[-1], piece) == pair:
            result[-1] = merged
        else:
            result.append(piece)
    return result
