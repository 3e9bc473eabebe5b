"""What a student learns from: its corpus, its targets, its objective, its teacher."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation.batches import Batch, read_batch
from distilbeto.distillation.masking import TargetSampler
from distilbeto.distillation.objective import Objective
from distilbeto.distillation.order import Split, training_sequences, validation_sequences
from distilbeto.distillation.ranks import ALONE, Ranks, sum_over

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Lessons(NamedTuple):
    """pad: id of the padding; micro_batch_tokens: tokens of a forward pass, padding counted."""

    shard_set: ShardSet
    split: Split
    sampler: TargetSampler
    objective: Objective
    teacher: "PreTrainedModel | None"
    pad: int
    micro_batch_tokens: int


def step_batch(lessons: Lessons, step: int, sequences_per_step: int, ranks: Ranks = ALONE) -> Batch:
    """What this rank reads of step `step` (from 0)."""
    epochs, numbers = training_sequences(lessons.split, step, sequences_per_step)
    return _read(lessons, epochs, numbers, ranks)


def validation_batch(lessons: Lessons, ranks: Ranks = ALONE) -> Batch:
    """The held-out sequences, masked as they always are."""
    numbers = validation_sequences(lessons.split)
    return _read(lessons, np.zeros_like(numbers), numbers, ranks)


def with_all_targets(batch: Batch, ranks: Ranks) -> Batch:
    """The same batch, its targets counted over all ranks."""
    return batch._replace(targets=int(sum_over(ranks, torch.tensor(batch.targets))))


def _read(lessons: Lessons, epochs: NDArray[np.int64], numbers: NDArray[np.int64], ranks: Ranks) -> Batch:
    shard_set, sampler, size = lessons.shard_set, lessons.sampler, lessons.micro_batch_tokens
    return read_batch(shard_set, sampler, epochs, numbers, pad=lessons.pad, micro_batch_tokens=size, ranks=ranks)
