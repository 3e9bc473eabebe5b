"""The processes, started by torchrun, that train one student together, each on its own GPU or on CPUs.

Of n ranks, each trains every n-th micro-batch of a step; gradients are summed once a step. DistributedDataParallel,
and with it accelerate, would wait for all ranks in each backward pass, but their numbers of micro-batches may differ by
one.
"""

import logging
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import distributed

from distilbeto.errors import UserError

BUCKET_ELEMENTS = 2**24


class Ranks(NamedTuple):
    """This process is `rank` of `size`. Rank 0 alone writes files and shows progress."""

    rank: int = 0
    size: int = 1


ALONE = Ranks()


@contextmanager
def process_group() -> Iterator[Ranks]:
    """Join the process group, if torchrun started this process; leave it when the block succeeds.

    After an error this process does not wait for the others: its end ends them.
    """
    if "WORLD_SIZE" not in os.environ:
        yield ALONE
        return
    signal.signal(signal.SIGINT, signal.getsignal(signal.SIGTERM))  # torchrun passes on what Ctrl-C sends
    distributed.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    yield Ranks(distributed.get_rank(), distributed.get_world_size())
    distributed.destroy_process_group()


def local_device() -> torch.device:
    """The GPU of this process, or the CPU where there is none.

    Raises:
        UserError: there are fewer GPUs than processes on this machine.
    """
    if not torch.cuda.is_available():
        return torch.device("cpu")
    number, gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if number >= gpus:
        raise UserError(
            f"this machine has {gpus} GPUs, and process {number + 1} finds none",
            remedy="Start one process for each GPU.",
        )
    torch.cuda.set_device(number)
    return torch.device("cuda", number)


@contextmanager
def failing_together(ranks: Ranks) -> Iterator[None]:
    """End all ranks if one of them fails in the block, which all must enter; only the first that failed reports why."""
    failure: Exception | None = None
    try:
        yield
    except (UserError, OSError) as error:
        failure = error
    if ranks.size > 1:
        first = torch.tensor(ranks.size if failure is None else ranks.rank)
        _reduce(first, distributed.ReduceOp.MIN)
        if int(first) not in (ranks.size, ranks.rank):
            raise SystemExit(1)
    if failure is not None:
        raise failure


def sum_over(ranks: Ranks, tensor: torch.Tensor) -> torch.Tensor:
    """`tensor` itself, now the sum over all ranks."""
    if ranks.size > 1:
        _reduce(tensor, distributed.ReduceOp.SUM)
    return tensor


def sum_gradients(ranks: Ranks, parameters: Iterable[torch.nn.Parameter]) -> None:
    """Replace the gradients by their sums over all ranks, in few large messages.

    A rank without micro-batches has no gradients and gets the sums; a parameter without a gradient on any rank has none
    afterwards.
    """
    if ranks.size == 1:
        return
    weights = list(parameters)
    present = torch.tensor([weight.grad is not None for weight in weights], dtype=torch.uint8)
    _reduce(present, distributed.ReduceOp.MAX)
    gradients = [_ensure_gradient(weight) for weight, there in zip(weights, present.tolist(), strict=True) if there]
    for bucket in _buckets(gradients):
        summed = sum_over(ranks, torch.cat([gradient.flatten() for gradient in bucket]))
        parts = torch.split(summed, [gradient.numel() for gradient in bucket])
        for gradient, part in zip(bucket, parts, strict=True):
            gradient.copy_(part.view_as(gradient))


def _ensure_gradient(weight: torch.nn.Parameter) -> torch.Tensor:
    if weight.grad is None:
        weight.grad = torch.zeros_like(weight)
    return weight.grad


def _buckets(tensors: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Consecutive `tensors` of up to BUCKET_ELEMENTS elements; a larger tensor is a bucket of its own."""
    bucket: list[torch.Tensor] = []
    for tensor in tensors:
        if bucket and sum(other.numel() for other in bucket) + tensor.numel() > BUCKET_ELEMENTS:
            yield bucket
            bucket = []
        bucket.append(tensor)
    if bucket:
        yield bucket


def _reduce(tensor: torch.Tensor, operation: distributed.ReduceOp.RedOpType) -> None:
    """All-reduce in place; ends this process if another one is gone."""
    try:
        distributed.all_reduce(tensor, operation)
    except RuntimeError as error:
        logging.info("another process has ended, and this one with it: %s", str(error).partition(". ")[0])
        raise SystemExit(1) from None
