"""Run a model over all sequences of a features file."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from distilbeto.finetuning.losses import without_targets
from distilbeto.glues.features import Features, SequenceDataset, collator
from distilbeto.job.progress import progress
from distilbeto.models.families import takes_token_types
from distilbeto.models.precision import autocast

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BATCH_TOKENS = 8192


class Batch(NamedTuple):
    """Which sequences a batch holds, its tensors, targets included, and the model's output for them."""

    indices: NDArray[np.int64]
    inputs: Mapping[str, torch.Tensor]
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


def forward(model: "PreTrainedModel", features: Features, pad: int, precision: str = "fp32") -> Iterator[Batch]:
    """The outputs of `model`, without dropout and gradients, in batches of sequences of like length.

    A batch that the device has no memory for is halved.
    """
    model.eval()
    collate = collator(pad, token_types=takes_token_types(model.config))
    dataset, device = SequenceDataset(features), model.device

    def compute(indices: NDArray[np.int64]) -> Batch:
        batch = collate([dataset[int(index)] for index in indices])
        inputs = {name: tensor.to(device) for name, tensor in batch.items()}
        with torch.inference_mode(), autocast(device.type, precision):
            return Batch(indices, inputs, model(**without_targets(inputs)))

    batches = batches_by_length(features.lengths(), BATCH_TOKENS)
    for indices in progress(batches, total=len(batches), unit="batches"):
        yield from _in_memory(compute, indices)


def _in_memory(compute: Callable[[NDArray[np.int64]], Batch], indices: NDArray[np.int64]) -> Iterator[Batch]:
    try:
        batches = [compute(indices)]
    except torch.OutOfMemoryError:
        if len(indices) == 1:
            raise
        batches = []
    yield from batches
    for half in np.array_split(indices, 2) if not batches else ():
        yield from _in_memory(compute, half)
