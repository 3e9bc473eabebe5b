"""Classes, numbers or sets of labels of texts: a text or a pair of texts as one sequence."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from distilbeto.glues.examples import ClassificationExample, MultiLabelExample, RegressionExample
from distilbeto.glues.sequences import Encoded, Sequences, chunks, longest_first, sequence_arrays
from distilbeto.tokenizer import LoadedTokenizer, text_tokenizer

Text = ClassificationExample | RegressionExample | MultiLabelExample


def encode_texts(
    examples: Sequence[Text], tokenizer: LoadedTokenizer, labels: NDArray[Any], max_length: int
) -> Encoded:
    """Sequences of at most `max_length` tokens, pairs truncated longest first.

    labels: classes int64 [n]; numbers float32 [n]; sets of labels uint8 [n, labels], 1 for those in it.
    """
    reading, sequences, truncated = text_tokenizer(tokenizer), Sequences([], []), 0
    rooms = [max_length - tokenizer.template.special(pair=pair) for pair in (False, True)]
    for chunk in chunks(examples):
        firsts = reading.encode_batch_fast([example.text for example in chunk], add_special_tokens=False)
        seconds = reading.encode_batch_fast([example.text_pair or "" for example in chunk], add_special_tokens=False)
        for example, first, second in zip(chunk, firsts, seconds, strict=True):
            pair = example.text_pair is not None
            kept_first, kept_second = longest_first(len(first), len(second), rooms[pair])
            truncated += kept_first < len(first) or kept_second < len(second)
            sequences.add(tokenizer, first.ids[:kept_first], second.ids[:kept_second] if pair else None)
    return Encoded(sequence_arrays(sequences, tokenizer.vocab_size) | {"labels": labels}, {"truncated": truncated})
