"""How long the thesis's training takes on other hardware: an estimate from counted operations.

Counts the floating-point operations of a micro-batch of this project's step with torch's counter (matrix products and
attention; a multiplication and an addition are two), holds them against the formula

    teacher  2 P         P  = 12 layers x h^2 weights of a layer, and 2 x length x h of its attention
    student  6 P         forward 2, backward 4
    head     8 (h^2 + h V) x share of the tokens whose logits are needed

and divides what the thesis's 3 x 120 million sequences of about 24 tokens need by what GPUs are sold to do (dense), at
a utilization that is assumed. What is printed is the table of docs/distillation.md.

Example:
    python tests/benchmarks/flops.py
"""

import argparse
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModelForMaskedLM, PreTrainedModel

from distilbeto.distillation.batches import MicroBatch
from distilbeto.distillation.masking import IGNORED, target_counts
from distilbeto.distillation.objective import Objective, forward, loss_sums, to_device
from distilbeto.job.cli import argument_parser, start

SEQUENCES = 3 * 120_000_000
THESIS_DAYS = 25
UTILIZATIONS = (0.2, 0.4)
FACTORS = {"distillation": 5.0, "masked_lm": 2.0, "cosine": 1.0}


class Accelerator(NamedTuple):
    """flops: a second, dense matrix products of 16-bit numbers summed in 32 bits."""

    name: str
    count: int
    flops: float


# NVIDIA, "NVIDIA Ampere GA102 GPU Architecture", appendix A: RTX 3090, FP16 tensor operations with FP32 accumulate.
# NVIDIA, "H100 Tensor Core GPU" data sheet: SXM, BF16 tensor operations, half of the 1,979 with sparsity.
ACCELERATORS = [
    Accelerator("RTX 3090", 1, 71e12),
    Accelerator("H100 SXM", 1, 989e12),
    Accelerator("8 H100 SXM", 8, 989e12),
]


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--hidden-size", type=int, default=768)
    arguments.add_argument("--teacher-layers", type=int, default=12)
    arguments.add_argument("--student-layers", type=int, default=6)
    arguments.add_argument("--vocab-size", type=int, default=31002)
    arguments.add_argument("--length", type=int, default=24, help="tokens of a sequence")
    arguments.add_argument("--micro-batch", type=int, default=4, help="sequences that are counted")
    arguments.add_argument("--threads", type=int, default=1)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    teacher = model("bert", arguments, arguments.teacher_layers).eval().requires_grad_(False)
    student = model("distilbert", arguments, arguments.student_layers).train()
    counted = {}
    print("| operations a token | counted | formula |\n|---|---|---|")
    for name, every_token in (("logits of masked tokens", False), ("logits of all tokens", True)):
        counted[name] = count(teacher, student, every_token, arguments) / (arguments.micro_batch * arguments.length)
        print(f"| {name} | {counted[name] / 1e6:.0f} M | {formula(every_token, arguments) / 1e6:.0f} M |")
    print_times(counted["logits of masked tokens"], counted["logits of all tokens"], SEQUENCES * arguments.length)


def model(model_type: str, arguments: argparse.Namespace, layers: int) -> PreTrainedModel:
    size = arguments.hidden_size
    shape: dict[str, Any] = {"vocab_size": arguments.vocab_size, "pad_token_id": 1}
    names = {
        "bert": ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
        "distilbert": ("dim", "n_layers", "n_heads", "hidden_dim"),
    }[model_type]
    shape |= dict(zip(names, (size, layers, max(1, size // 64), 4 * size), strict=True))
    return AutoModelForMaskedLM.from_config(AutoConfig.for_model(model_type, **shape))


def count(teacher: PreTrainedModel, student: PreTrainedModel, every_token: bool, arguments: argparse.Namespace) -> int:
    """Operations of a micro-batch: teacher forward, student forward and backward."""
    objective = Objective(FACTORS, 2.0, every_token)
    size = (arguments.micro_batch, arguments.length)
    labels = np.full(size, IGNORED)
    labels[:, : targets_of(arguments.length)] = 10
    input_ids, attention_mask = np.full(size, 10), np.ones(size, np.int64)
    tokens = to_device(objective, MicroBatch(input_ids, attention_mask, labels), student)
    with FlopCounterMode(display=False) as counter:
        taught = forward(teacher.requires_grad_(False), tokens)
        sums = loss_sums(objective, tokens, forward(student, tokens), taught)
        torch.stack(list(sums.values())).sum().backward()
    return counter.get_total_flops()


def targets_of(length: int) -> int:
    return int(target_counts(np.array([length]), 0.15)[0])


def formula(every_token: bool, arguments: argparse.Namespace) -> float:
    size, length = arguments.hidden_size, arguments.length
    layer = 12 * size**2 + 2 * length * size
    head = size**2 + size * arguments.vocab_size
    share = 1.0 if every_token else targets_of(length) / length
    return (2 * arguments.teacher_layers + 6 * arguments.student_layers) * layer + 8 * head * share


def print_times(masked: float, every: float, tokens: float) -> None:
    low, high = UTILIZATIONS
    used = tokens * every / (THESIS_DAYS * 86400) / ACCELERATORS[0].flops
    print(f"\n{tokens / 1e9:.2f} G tokens x {masked / 1e6:.0f} M operations = {tokens * masked:.2e} operations")
    print(f"\n| hardware | dense 16-bit | time at {low:.0%} | time at {high:.0%} | tokens/s at {low:.0%}-{high:.0%} |")
    print("|---|---|---|---|---|")
    for accelerator in ACCELERATORS:
        speeds = [accelerator.count * accelerator.flops * share / masked for share in UTILIZATIONS]
        times = " | ".join(f"{tokens / speed / 3600:.1f} h" for speed in speeds)
        peak = accelerator.count * accelerator.flops / 1e12
        print(f"| {accelerator.name} | {peak:,.0f} TFLOPS | {times} | {speeds[0]:,.0f}-{speeds[1]:,.0f} |")
    speed = tokens / THESIS_DAYS / 86400
    print(f"| thesis: RTX 3090, all tokens' logits | {ACCELERATORS[0].flops / 1e12:.0f} TFLOPS |", end="")
    print(f" {THESIS_DAYS} days | at {used:.1%} | {speed:,.0f} |")


if __name__ == "__main__":
    start(main, parser())
