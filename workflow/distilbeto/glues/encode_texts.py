"""Sequence classification: a text or a pair of texts as one sequence."""

from collections.abc import Sequence

import numpy as np

from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.sequences import Encoded, Sequences, chunks, longest_first, sequence_arrays
from distilbeto.tokenizer import LoadedTokenizer, text_tokenizer


def encode_texts(
    examples: Sequence[ClassificationExample], tokenizer: LoadedTokenizer, label_ids: dict[str, int], max_length: int
) -> Encoded:
    """Sequences of at most `max_length` tokens, pairs truncated longest first; labels int64 [n]."""
    reading, sequences, truncated = text_tokenizer(tokenizer), Sequences([], []), 0
    for chunk in chunks(examples):
        firsts = reading.encode_batch_fast([example.text for example in chunk], add_special_tokens=False)
        seconds = reading.encode_batch_fast([example.text_pair or "" for example in chunk], add_special_tokens=False)
        for example, first, second in zip(chunk, firsts, seconds, strict=True):
            pair = example.text_pair is not None
            kept_first, kept_second = longest_first(len(first), len(second), max_length - (3 if pair else 2))
            truncated += kept_first < len(first) or kept_second < len(second)
            sequences.add(tokenizer, first.ids[:kept_first], second.ids[:kept_second] if pair else None)
    labels = np.array([label_ids[example.label] for example in examples], np.int64)
    return Encoded(sequence_arrays(sequences, tokenizer.vocab_size) | {"labels": labels}, {"truncated": truncated})
