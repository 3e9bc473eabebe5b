"""Token classification: a sentence's words, tokenized one by one, as one sequence."""

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple, cast

import numpy as np

from distilbeto.glues.examples import TaggedSentence
from distilbeto.glues.features import IGNORED_LABEL
from distilbeto.glues.sequences import Encoded, Sequences, chunks, flat, sequence_arrays
from distilbeto.tokenizer import LoadedTokenizer, before_words, text_tokenizer

SPECIAL_WORD = -1


class Pieces(NamedTuple):
    """Token ids of a sentence without special tokens, and the word that each belongs to."""

    ids: list[int]
    words: list[int]


def pieces_of(sentences: Sequence[Sequence[str]], tokenizer: LoadedTokenizer) -> Iterator[Pieces]:
    """The pieces of sentences given as words. Each word begins as it would after a space."""
    reading = text_tokenizer(tokenizer)
    space = before_words(reading)
    for chunk in chunks(sentences):
        words = [[space + word for word in sentence] for sentence in chunk]
        for encoding in reading.encode_batch(words, is_pretokenized=True, add_special_tokens=False):
            # Without special tokens, every token belongs to a word.
            yield Pieces(encoding.ids, cast(list[int], encoding.word_ids))


def encode_words(
    sentences: Sequence[TaggedSentence], tokenizer: LoadedTokenizer, label_ids: dict[str, int], max_length: int
) -> Encoded:
    """Sequences cut at `max_length` tokens, with the word and the label of every token.

    word_index int32 and token_labels int16 are flat as input_ids is: -1 and -100 at special tokens. Every piece carries
    the label of its word, as in the thesis's run. words int32 [n] counts the words of each sentence; those without a
    piece in the sequence are counted as lost_words.
    """
    sequences, word_index, token_labels = Sequences([], []), [], []
    counts = {"truncated": 0, "lost_words": 0}
    start, _, end, _ = tokenizer.template
    room = max_length - tokenizer.template.special(pair=False)
    for sentence, pieces in zip(
        sentences, pieces_of([sentence.words for sentence in sentences], tokenizer), strict=True
    ):
        kept = pieces.words[:room]
        counts["truncated"] += len(kept) < len(pieces.words)
        counts["lost_words"] += len(sentence.words) - len(set(kept))
        sequences.add(tokenizer, pieces.ids[: len(kept)])
        word_index.append([*repeat(SPECIAL_WORD, len(start)), *kept, *repeat(SPECIAL_WORD, len(end))])
        labels = [label_ids[sentence.tags[word]] for word in kept]
        token_labels.append([*repeat(IGNORED_LABEL, len(start)), *labels, *repeat(IGNORED_LABEL, len(end))])
    tags = {
        "word_index": flat(word_index, np.int32),
        "token_labels": flat(token_labels, np.int16),
        "words": np.array([len(sentence.words) for sentence in sentences], np.int32),
    }
    return Encoded(sequence_arrays(sequences, tokenizer.vocab_size) | tags, counts)
