"""Tag a test set with an ONNX model."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from distilbeto.finetuning.decode import decode_tags
from distilbeto.finetuning.forward import Batch
from distilbeto.finetuning.predict import tagged_blocks
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.glues.examples import TaggedSentence, examples_of
from distilbeto.glues.features import Features, check_examples, check_task, open_features
from distilbeto.latency.onnx.session import open_session, run
from distilbeto.storage.files import write_text
from distilbeto.tokenizer import LoadedTokenizer


def predict_onnx(
    path: Path,
    tokenizer: LoadedTokenizer,
    *,
    features: Path,
    examples: Path,
    settings: PredictionSettings,
    threads: int,
    output: Path,
) -> None:
    """Write `word tag tags-of-pieces` lines, as the original's predictions are written.

    One sentence at a time, as it is timed: int8 takes the scale of its activations from all that a batch holds.

    Raises:
        UserError: tokenizer, features and examples do not belong together.
    """
    test = open_features(features, tokenizer)
    check_task(test, settings.kind, settings.labels)
    check_examples(test, examples)
    sentences = examples_of(examples, TaggedSentence)
    tags = decode_tags(_batches(path, test, threads), test, sentences, settings)
    write_text(output, "".join(f"{block}\n" for block in tagged_blocks(sentences, tags)))


def _batches(path: Path, features: Features, threads: int) -> Iterator[Batch]:
    session = open_session(path, threads)
    tokens, offsets = features.arrays["input_ids"], features.arrays["offsets"]
    for index in range(len(features.lengths())):
        ids = tokens[offsets[index] : offsets[index + 1]].astype(np.int64)[None]
        yield Batch(np.array([index]), {}, SimpleNamespace(logits=torch.from_numpy(run(session, ids))))
