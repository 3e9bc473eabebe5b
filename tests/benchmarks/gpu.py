"""What a GPU makes of distillation: speed and share of its peak by micro-batch, precision and compilation.

Shapes of BETO and DistilBETO, random weights, random words in sequences as long as those of real sentences (log-normal,
26 tokens on average): no text and no tokenizer are needed. In one run:

    a step    what the profiler saw of one step: operations of the host, kernels, how long the GPU was busy and idle,
              how often the host waited for it, and which kernels took longest
    parts     where the time of a step goes, by part of the code
    settings  what each setting of `speed` brings
    speed     tokens a second of a plain loop in the way of DistilBERT's published code, then of this project's training
              at each size of micro-batches, in each precision, with and without torch.compile; the best of some steps.
              TFLOPS are counted operations (matrix products and attention, padding included) a second; of peak, by what
              the GPU is sold to do in that precision, dense. Memory is the peak of torch's allocator

What does not fit into memory is said, not fatal. On CPUs it can be tried with --tiny; its numbers say nothing then.

Example:
    PYTHONPATH=workflow python tests/benchmarks/gpu.py > gpu.md
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from distillation import Material, first_state, material_of, print_shares, time_parts
from plain_loop import Plain, plain_steps
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from distilbeto.corpus.shard_writer import write_shard
from distilbeto.corpus.shards import open_shards
from distilbeto.distillation.optimization import resume
from distilbeto.distillation.ranks import local_device
from distilbeto.distillation.segment import compile_encoder
from distilbeto.distillation.settings import Speed
from distilbeto.distillation.training import accumulate_gradients, run_segment
from distilbeto.distillation.training_data import step_batch
from distilbeto.job.cli import argument_parser, start
from distilbeto.models.precision import AUTOCAST
from distilbeto.tokenizer import LoadedTokenizer

# TFLOPS, dense: bf16 and fp16, tf32, fp32 without tensor cores. Data sheets of NVIDIA; GA102: sums in 32 bits.
PEAKS = {
    "H200": (989, 494, 67),
    "H100": (989, 494, 67),
    "A100": (312, 156, 19.5),
    "L40S": (362, 183, 91.6),
    "RTX 4090": (165, 82.6, 82.6),
    "RTX 3090": (71, 35.6, 35.6),
}
TINY = {"hidden_size": 16, "teacher_layers": 2, "student_layers": 1, "vocab_size": 200, "sequences": 64}
MEASURED = ("to plain", "TFLOPS", "of peak", "GiB")
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "aten::_local_scalar_dense")


class Step(NamedTuple):
    """A step's micro-batches, and its operations by token."""

    micro_batches: int
    padding_share: float
    flops_by_token: float


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--hidden-size", type=int, default=768)
    arguments.add_argument("--teacher-layers", type=int, default=12)
    arguments.add_argument("--student-layers", type=int, default=6)
    arguments.add_argument("--vocab-size", type=int, default=31002)
    arguments.add_argument("--sequences", type=int, default=4096, help="of a step (default: %(default)s)")
    arguments.add_argument("--mean-length", type=float, default=26, help="tokens of a sequence (default: %(default)s)")
    arguments.add_argument("--loss-tokens", choices=["masked", "all"], default="masked")
    arguments.add_argument(
        "--micro-batches", type=int, nargs="+", default=[2**n for n in range(12, 18)], help="tokens (default: 4k..128k)"
    )
    arguments.add_argument(
        "--precisions", nargs="+", choices=["fp32", "tf32", "bf16"], default=["fp32", "tf32", "bf16"]
    )
    arguments.add_argument("--steps", type=int, default=3, help="that count, after one that does not")
    arguments.add_argument("--no-compile", action="store_true", help="leave out torch.compile")
    arguments.add_argument("--peak", type=float, help="TFLOPS of an unknown GPU, dense, in every precision")
    arguments.add_argument("--tiny", action="store_true", help="tiny models: to try the benchmark itself on a CPU")
    return arguments


def main(arguments: argparse.Namespace) -> None:
    if arguments.tiny:
        arguments = argparse.Namespace(**vars(arguments) | TINY)
    arguments.micro_batch_tokens = arguments.micro_batches[0]
    device = local_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(
        f"{name}, torch {torch.__version__}, {arguments.sequences} sequences a step,"
        f" KL on {arguments.loss_tokens} tokens"
    )
    with tempfile.TemporaryDirectory() as folder:
        material = made_up(arguments, Path(folder))
        last = arguments.micro_batches[-1]
        for precision in arguments.precisions:
            print_step(with_budget(material, last), last, precision)
        print(f"\nMicro-batches of {last:,} tokens, fp32:")
        print_shares(time_parts(with_budget(material, last), arguments.steps))
        print_settings(material, arguments)
        print_speeds(material, arguments, name)


def made_up(arguments: argparse.Namespace, folder: Path) -> Material:
    """Models, and sequences of random words, more frequent ones first, between [CLS] and [SEP]."""
    draws, mean = np.random.default_rng(1), arguments.mean_length - 2
    lengths = np.clip(draws.lognormal(np.log(mean) - 0.125, 0.5, 16 * arguments.sequences), 2, 510).astype(int) + 2
    words = arguments.vocab_size - 6
    ids = 6 + np.minimum(draws.zipf(1.2, lengths.sum()) - 1, draws.integers(0, words, lengths.sum()))  # [tokens]
    ends = np.cumsum(lengths)
    ids[ends - 1], ids[ends - lengths] = 5, 4
    tokenizer = LoadedTokenizer(None, "made up", arguments.vocab_size, pad=1, unk=3, cls=4, sep=5, mask=0)  # type: ignore[arg-type]
    metadata = {"tokenizer": tokenizer.fingerprint, "vocab_size": tokenizer.vocab_size}
    offsets = np.concatenate([[0], ends]).astype(np.uint64)
    write_shard(folder / "words-0000.safetensors", ids.astype(np.uint16), offsets, metadata)
    return material_of(arguments, tokenizer, open_shards([folder / "words-0000.safetensors"], tokenizer.fingerprint))


def with_budget(material: Material, micro_batch_tokens: int) -> Material:
    return material._replace(data=material.data._replace(micro_batch_tokens=micro_batch_tokens))


def print_speeds(material: Material, arguments: argparse.Namespace, name: str) -> None:
    print_head("micro-batch, tokens", "precision", "compile", "micro-batches", "padding", "tokens/s", *MEASURED)
    plain = Plain(
        material.settings,
        material.student,
        material.data.teacher,
        material.tokenizer,
        material.data.shard_set,
        material.groups,
        torch.from_numpy(material.data.sampler.weights),
    )
    with FlopCounterMode(display=False) as counter:
        few = plain._replace(groups=plain.groups[:4])
        plain_steps(few, None)()
    tokens = sum(int(np.diff(plain.shard_set.shards[0].offsets)[group].sum()) for group in few.groups)
    plain_step = Step(len(plain.groups), float("nan"), counter.get_total_flops() / tokens)
    plain_speeds = {}
    for precision in arguments.precisions:
        with measured(precision):
            step = plain_steps(plain, AUTOCAST.get(precision))
            plain_speeds[precision] = max([step() for _ in range(arguments.steps + 1)][1:])
            row(
                "plain loop",
                precision,
                False,
                plain_step,
                plain_speeds[precision],
                plain_speeds[precision],
                name,
                arguments,
            )
    budgets = {size: with_budget(material, size) for size in arguments.micro_batches}
    counted = {size: counted_step(each, arguments.sequences) for size, each in budgets.items()}
    for compiled in (False, True) if not arguments.no_compile else (False,):
        if compiled:
            for model in (material.student, material.data.teacher):
                compile_encoder(model)
        for precision in arguments.precisions:
            torch.compiler.reset()
            for size, each in budgets.items():
                with measured(precision):
                    speed = training_speed(each, precision, arguments.steps)
                    row(
                        f"{size:,}", precision, compiled, counted[size], speed, plain_speeds[precision], name, arguments
                    )


def print_head(*names: str) -> None:
    print(f"\n| {' | '.join(names)} |\n|{'---|' * len(names)}", flush=True)


def print_settings(material: Material, arguments: argparse.Namespace) -> None:
    """What each setting of `speed` brings where it is set, and all of them together."""
    size = arguments.micro_batches[-1]
    cheap, dear = {"micro_batch_cost": 2048}, {"micro_batch_cost": 8192}
    half = {"cast_teacher": True, "skip_full_mask": True}
    ways = [("bf16", each) for each in ({}, cheap, dear, {"cast_teacher": True}, {"skip_full_mask": True}, dear | half)]
    ways += [("bf16", {"max_logits": 2**27}), ("fp32", {}), ("fp32", {"allow_tf32": True})]
    print(f"\nMicro-batches of {size:,} tokens, settings of `speed`:")
    print_head("speed", "precision", "micro-batches", "padding", "tokens/s", "GiB")
    for precision, changes in ways:
        set_up = with_speed(with_budget(material, size), changes)
        batch = step_batch(set_up.data, 0, arguments.sequences)
        with measured("fp32"):
            speed = training_speed(set_up, precision, arguments.steps)
        name = ", ".join(f"{key}: {str(value).lower()}" for key, value in changes.items()) or "as it is"
        found = "does not fit" if speed is None else f"{speed:,.0f}"
        padding = f"{100 * batch.padding_share:.1f} %"
        print(f"| {name} | {precision} | {len(batch.micro_batches)} | {padding} | {found} | {memory()} |", flush=True)


def with_speed(material: Material, changes: dict[str, Any]) -> Material:
    speed = Speed(**changes)
    objective = material.data.objective._replace(max_logits=speed.max_logits)
    settings = material.settings.model_copy(update={"speed": speed})
    return material._replace(settings=settings, data=material.data._replace(speed=speed, objective=objective))


def memory() -> str:
    """Peak of torch's allocator, in GiB."""
    return f"{torch.cuda.max_memory_allocated() / 2**30:.1f}" if torch.cuda.is_available() else ""


def row(
    what: str,
    precision: str,
    compiled: bool,
    step: Step,
    speed: float | None,
    plain: float,
    name: str,
    arguments: argparse.Namespace,
) -> None:
    """A line of the table of speeds; `speed` None: it did not fit into memory."""
    padding = "" if np.isnan(step.padding_share) else f"{100 * step.padding_share:.1f} %"
    found = ["does not fit", "", "", "", ""]
    if speed is not None:
        tflops, peak = speed * step.flops_by_token / 1e12, peak_of(name, precision, arguments.peak)
        share = f"{100 * tflops / peak:.1f} %" if peak else ""
        found = [f"{speed:,.0f}", f"{speed / plain:.2f}", f"{tflops:.2f}", share, memory()]
    cells = [what, precision, "yes" if compiled else "no", step.micro_batches, padding, *found]
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def peak_of(name: str, precision: str, given: float | None) -> float | None:
    place = {"bf16": 0, "tf32": 1, "fp32": 2}[precision]
    return given or next((peaks[place] for card, peaks in PEAKS.items() if card in name), None)


@contextmanager
def measured(precision: str) -> Iterator[None]:
    """Matrix products in TF32 where that is asked for; memory counted anew."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    yield
    torch.set_float32_matmul_precision(before)


def training_speed(material: Material, precision: str, steps: int) -> float | None:
    """The best tokens a second of `steps` steps after the first; None where memory is too small."""
    settings = material.settings.model_copy(update={"precision": precision.replace("tf32", "fp32")})
    try:
        state = first_state(material.student)
        _, lines = run_segment(material.student, state, steps + 1, material.data, settings)
    except torch.OutOfMemoryError:
        material.student.zero_grad()
        return None
    return max(float(line["tokens_per_second"]) for line in lines[1:])


def counted_step(material: Material, sequences: int) -> Step:
    batch = step_batch(material.data, 0, sequences)
    largest = max(batch.micro_batches, key=lambda each: each.input_ids.size)
    sample = batch._replace(micro_batches=[largest], numbers=[0])
    state = resume(material.student.train(), first_state(material.student), material.settings.optimizer, "fp32")
    try:
        with FlopCounterMode(display=False) as counter:
            accumulate_gradients(state, sample, material.data, (0, 0))
        flops = counter.get_total_flops() / int(largest.attention_mask.sum())
    except torch.OutOfMemoryError:
        flops = float("nan")
    material.student.zero_grad()
    return Step(len(batch.micro_batches), batch.padding_share, flops)


def print_step(material: Material, size: int, precision: str) -> None:
    """What the profiler saw of a step's forward and backward passes."""
    batch, on_gpu = step_batch(material.data, 0, material.settings.sequences_per_step), torch.cuda.is_available()
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    state = resume(
        material.student.train(),
        first_state(material.student),
        material.settings.optimizer,
        precision.replace("tf32", "fp32"),
    )
    with measured(precision):
        try:
            for _ in range(2):
                with profile(activities=activities) as seen:
                    began = time.perf_counter()
                    accumulate_gradients(state, batch, material.data, (0, 0))
                    issued = time.perf_counter() - began
                    if on_gpu:
                        torch.cuda.synchronize()
                    seconds = time.perf_counter() - began
        except torch.OutOfMemoryError:
            print(f"\nA step in micro-batches of {size:,} tokens, {precision}: does not fit")
            return
        finally:
            material.student.zero_grad()
    events = seen.events()
    kernels = sorted(
        (each.time_range.start, each.time_range.end) for each in events if each.device_type == DeviceType.CUDA
    )
    operations = sum(each.name.startswith("aten::") for each in events)
    waits = sum(each.name in WAITS for each in events)
    print(f"\nA step in {len(batch.micro_batches)} micro-batches of at most {size:,} tokens, {precision}, profiled:")
    print_head("seconds", "issued after", "operations of the host", "waits of the host", "kernels", "GPU busy", "idle")
    busy = union(kernels) / 1e6
    shares = (f"{100 * busy / seconds:.1f} %", f"{100 * (1 - busy / seconds):.1f} %") if on_gpu else ("", "")
    print(f"| {seconds:.3f} | {issued:.3f} | {operations:,} | {waits} | {len(kernels):,} | {' | '.join(shares)} |")
    order = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    print()
    print(seen.key_averages().table(sort_by=order, row_limit=10, max_name_column_width=50))


def union(intervals: list[tuple[float, float]]) -> float:
    """The length of what sorted `intervals` cover."""
    covered, reached = 0.0, float("-inf")
    for begin, end in intervals:
        covered += max(0.0, end - max(begin, reached))
        reached = max(reached, end)
    return covered


if __name__ == "__main__":
    start(main, parser())
