"""Peak memory of a micro-batch: teacher and student forward, losses, backward; by vocabulary and by which tokens count.

Shapes of BETO and DistilBETO, random weights. Each line is a process of its own. `in pieces` is what a training does;
`whole` holds the logits of all its tokens at once. On a GPU the peak is that of its allocator, in bf16; on CPUs that of
the process, in fp32, less what it held before the micro-batch. Both count models and gradients.

Example:
    python tests/benchmarks/loss_memory.py --vocabularies 31002 250002
"""

import argparse
import multiprocessing
import resource
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from distilbeto.distillation.batches import MicroBatch
from distilbeto.distillation.masking import IGNORED
from distilbeto.distillation.objective import forward, loss_sums, objective_of, to_device
from distilbeto.distillation.ranks import local_device
from distilbeto.distillation.settings import Losses, Speed
from distilbeto.job.cli import argument_parser, start
from distilbeto.models.build import random_model
from distilbeto.models.precision import autocast, resolve_precision
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--vocabularies", type=int, nargs="+", default=[31002, 250002])
    arguments.add_argument("--tokens", type=int, default=16384, help="default: %(default)s")
    arguments.add_argument("--length", type=int, default=128, help="tokens of a sequence (default: %(default)s)")
    arguments.add_argument("--hidden-size", type=int, default=768)
    arguments.add_argument("--pieces", type=int, nargs="+", default=[Speed().max_logits], help="logits held at a time")
    arguments.add_argument("--skip-whole", action="store_true")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    print(f"{'words':>8} {'tokens of KL':12} {'logits held':>14} {'peak, GiB':>10} {'of it models':>13} {'seconds':>8}")
    for vocab_size in arguments.vocabularies:
        for loss_tokens in ("masked", "all"):
            for held in [*arguments.pieces, *([] if arguments.skip_whole else [2**62])]:
                with multiprocessing.get_context("spawn").Pool(1) as process:
                    peak, before, seconds = process.apply(measure, (vars(arguments), vocab_size, loss_tokens, held))
                name = "whole" if held == 2**62 else f"{held:,}"
                print(
                    f"{vocab_size:8} {loss_tokens:12} {name:>14} {peak:>10} {before:13.1f} {seconds:8.2f}", flush=True
                )


def measure(arguments: dict[str, Any], vocab_size: int, loss_tokens: Any, held: int) -> tuple[str, float, float]:
    """Peak memory, what models and gradients take of it, and the time of the second of two micro-batches."""
    given = SimpleNamespace(**arguments)
    device = local_device()
    tokenizer = LoadedTokenizer(None, "", vocab_size, pad=1, unk=3, cls=4, sep=5, mask=0)  # type: ignore[arg-type]
    sizes = {"hidden_size": given.hidden_size, "intermediate_size": 4 * given.hidden_size}
    heads = max(1, given.hidden_size // 64)
    teacher, student = (
        random_model(
            Architecture(model_type=family, num_hidden_layers=layers, num_attention_heads=heads, **sizes), tokenizer, 1
        ).to(device)
        for family, layers in (("bert", 12), ("distilbert", 6))
    )
    teacher.eval().requires_grad_(False)
    for weights in student.parameters():
        weights.grad = torch.zeros_like(weights)
    size = (given.tokens // given.length, given.length)
    draws = np.random.default_rng(0)
    input_ids = draws.integers(10, vocab_size, size)
    labels = np.where(draws.random(size) < 0.15, input_ids, IGNORED)
    aim = objective_of(Losses(loss_tokens=loss_tokens), has_teacher=True)._replace(max_logits=held)
    tokens = to_device(aim, MicroBatch(input_ids, np.ones(size, np.int64), labels), student)
    before, seconds = held_now(device), 0.0
    try:
        for _ in range(2):
            began = time.perf_counter()
            with autocast(device.type, resolve_precision("auto", device.type)):
                sums = loss_sums(aim, tokens, forward(student.train(), tokens), forward(teacher, tokens))
            float(torch.stack(list(sums.values())).sum().detach())
            torch.stack(list(sums.values())).sum().backward()
            if device.type == "cuda":
                torch.cuda.synchronize()
            seconds = time.perf_counter() - began
    except torch.cuda.OutOfMemoryError:
        return "too much", before / 2**30, float("nan")
    return f"{held_at_most(device) / 2**30:.1f}", before / 2**30, seconds


def held_now(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.memory_allocated()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def held_at_most(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    start(main, parser())
