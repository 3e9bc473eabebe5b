"""The sentences that are timed, as token ids."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.glues.encode_words import pieces_of
from distilbeto.glues.examples import TaggedSentence, examples_of
from distilbeto.latency.settings import TimingSettings
from distilbeto.tokenizer import LoadedTokenizer


def timed_inputs(examples: Path, tokenizer: LoadedTokenizer, settings: TimingSettings) -> list[NDArray[np.int64]]:
    """The token ids [1, length] of each of the first sentences of `examples`.

    Raises:
        UserError: there are fewer sentences.
    """
    sentences = [sentence.words for sentence in examples_of(examples, TaggedSentence)[: settings.sentences]]
    if len(sentences) < settings.sentences:
        raise UserError(
            f"{len(sentences)} sentences, expected at least {settings.sentences}",
            where=examples,
            remedy="Set latency.sentences lower.",
        )
    return token_ids(sentences, tokenizer, settings.max_length)


def token_ids(
    sentences: Sequence[Sequence[str]], tokenizer: LoadedTokenizer, max_length: int
) -> list[NDArray[np.int64]]:
    """int64 [1, length] of each sentence, cut at `max_length` tokens."""
    return [
        np.array([[tokenizer.cls, *pieces.ids[: max_length - 2], tokenizer.sep]])
        for pieces in pieces_of(sentences, tokenizer)
    ]
