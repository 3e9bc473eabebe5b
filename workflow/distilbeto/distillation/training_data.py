"""What a student is trained on, and the batch of each step, read while the step before it is trained."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation.batches import Batch, read_batch
from distilbeto.distillation.masking import TargetSampler, target_sampler
from distilbeto.distillation.objective import Objective, objective_of
from distilbeto.distillation.order import Split, split_corpus, training_sequences, validation_sequences
from distilbeto.distillation.ranks import ALONE, Ranks, sum_over
from distilbeto.distillation.settings import Speed, TrainingSettings
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Key = TypeVar("Key")
Read = TypeVar("Read")


class TrainingData(NamedTuple):
    """The corpus, its split, which tokens are masked, the losses, and the teacher.

    pad: id of the padding token; micro_batch_tokens: largest number of tokens of a forward pass, padding counted;
    speed: what only changes how fast it is.
    """

    shard_set: ShardSet
    split: Split
    sampler: TargetSampler
    objective: Objective
    teacher: "PreTrainedModel | None"
    pad: int
    micro_batch_tokens: int
    speed: Speed = Speed()


def training_data(
    settings: TrainingSettings,
    shard_set: ShardSet,
    counts: NDArray[np.int64],
    tokenizer: LoadedTokenizer,
    teacher: "PreTrainedModel | None",
) -> TrainingData:
    """The data of a training. `counts` [vocab_size]: how often each token occurs in the corpus.

    Raises:
        UserError: the split leaves nothing to train on, or `counts` have another vocabulary size.
    """
    return TrainingData(
        shard_set,
        split_corpus(int(shard_set.starts[-1]), settings.validation_sequences, settings.seed),
        target_sampler(settings.masking, counts, tokenizer, settings.seed),
        objective_of(settings.losses, has_teacher=teacher is not None)._replace(max_logits=settings.speed.max_logits),
        teacher,
        tokenizer.pad,
        settings.micro_batch_tokens,
        settings.speed,
    )


def step_batch(data: TrainingData, step: int, sequences_per_step: int, ranks: Ranks = ALONE) -> Batch:
    """This rank's part of step `step` (from 0)."""
    epochs, numbers = training_sequences(data.split, step, sequences_per_step)
    return _read(data, epochs, numbers, ranks)


def validation_batch(data: TrainingData, ranks: Ranks = ALONE) -> Batch:
    """This rank's part of the held-out sequences; they are masked in the same way each time."""
    numbers = validation_sequences(data.split)
    return _read(data, np.zeros_like(numbers), numbers, ranks)


def with_all_targets(batch: Batch, ranks: Ranks) -> Batch:
    """The same batch, with its targets counted over all ranks."""
    return batch._replace(targets=int(sum_over(ranks, torch.tensor(batch.targets))))


def prefetch(read: Callable[[Key], Read], keys: Iterable[Key]) -> Generator[Read, None, None]:
    """`read` of each of `keys`, in order. A thread reads the next one; it is never more than one ahead.

    An error of `read` is raised where its result would be. Close the iterator to end the thread early.
    """
    with ThreadPoolExecutor(1, "prefetch") as thread:
        ahead = None
        for key in keys:
            following = thread.submit(read, key)
            if ahead is not None:
                yield ahead.result()
            ahead = following
        if ahead is not None:
            yield ahead.result()


def _read(data: TrainingData, epochs: NDArray[np.int64], numbers: NDArray[np.int64], ranks: Ranks) -> Batch:
    shard_set, sampler, size = data.shard_set, data.sampler, data.micro_batch_tokens
    return read_batch(
        shard_set,
        sampler,
        epochs,
        numbers,
        pad=data.pad,
        micro_batch_tokens=size,
        micro_batch_cost=data.speed.micro_batch_cost,
        ranks=ranks,
    )
