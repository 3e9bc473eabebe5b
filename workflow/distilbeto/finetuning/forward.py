"""Run a model over all sequences of a features file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from distilbeto.glues.features import Features, SequenceDataset, collator
from distilbeto.progress import progress

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BATCH_TOKENS = 8192
TARGETS = ("labels", "start_positions", "end_positions")


class Batch(NamedTuple):
    """Which sequences a batch holds, and the model's output for them."""

    indices: NDArray[np.int64]
    output: Any


def batches_by_length(lengths: NDArray[np.int64], most_tokens: int) -> list[NDArray[np.int64]]:
    """All indices, the longest sequences first, in batches of at most `most_tokens` with padding, at least of one."""
    order = np.argsort(-lengths, kind="stable")
    batches, start = [], 0
    while start < len(order):
        size = max(most_tokens // int(lengths[order[start]]), 1)
        batches.append(order[start : start + size])
        start += size
    return batches


def forward(model: "PreTrainedModel", features: Features, pad: int) -> Iterator[Batch]:
    """The outputs of `model`, without dropout and gradients, in batches of sequences of like length."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.eval().to(device)
    dataset, collate = SequenceDataset(features), collator(pad, model.config.model_type)
    batches = batches_by_length(features.lengths(), BATCH_TOKENS)
    for indices in progress(batches, total=len(batches), unit="batches"):
        inputs = collate([dataset[int(index)] for index in indices])
        with torch.inference_mode():
            yield Batch(indices, model(**{name: inputs[name].to(device) for name in inputs if name not in TARGETS}))
