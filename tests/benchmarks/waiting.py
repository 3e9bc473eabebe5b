"""How waiting threads should wait: a short distillation by threads and OpenMP's policy, on a quiet and a busy machine.

torch's threads meet after each operation. Those that wait spin by default: a thread that has lost its core to another
process lets the others spin for as long. With OMP_WAIT_POLICY=PASSIVE they sleep and are woken, which costs a little on
a quiet machine. The busy machine is this one with a process for each core that only counts. Each line is a process of
its own; of its steps the first does not count. Random words, random weights.

Example:
    PYTHONPATH=workflow python tests/benchmarks/waiting.py --threads 2
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distilbeto.job.cli import argument_parser, start

POLICIES = ("default", "PASSIVE")


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument(
        "--threads", type=int, default=os.cpu_count(), help="most that are tried (default: all cores)"
    )
    arguments.add_argument("--hidden-size", type=int, default=256)
    arguments.add_argument("--steps", type=int, default=3)
    arguments.add_argument("--rounds", type=int, default=2, help="the best and the worst of so many are shown")
    arguments.add_argument("--busy", type=int, default=os.cpu_count(), help="processes that keep cores busy")
    arguments.add_argument("--child", type=int, help=argparse.SUPPRESS)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    if arguments.child is not None:
        print(seconds_of_steps(arguments, arguments.child))
        return
    print("| threads | OMP_WAIT_POLICY | quiet, seconds a step | busy, seconds a step |\n|---|---|---|---|", flush=True)
    ways = [
        (threads, policy)
        for threads in (1, arguments.threads)
        for policy in POLICIES
        if threads > 1 or policy == "default"
    ]
    for threads, policy in ways:
        quiet = measured(threads, policy, arguments.rounds)
        with spinning(arguments.busy):
            busy = measured(threads, policy, arguments.rounds)
        print(f"| {threads} | {policy} | {quiet} | {busy} |", flush=True)


def measured(threads: int, policy: str, rounds: int) -> str:
    environment = dict(os.environ) | ({} if policy == "default" else {"OMP_WAIT_POLICY": policy})
    command = [sys.executable, *sys.argv, "--child", str(threads)]
    found = sorted(
        float(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()[-1])
        for _ in range(rounds)
    )
    return f"{found[0]:.2f}" if rounds == 1 else f"{found[0]:.2f}-{found[-1]:.2f}"


@contextmanager
def spinning(count: int) -> Iterator[None]:
    """Processes that do nothing but count, each at a core."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def seconds_of_steps(arguments: argparse.Namespace, threads: int) -> float:
    """Of a step on average, without the first."""
    import gpu
    import torch

    from distilbeto.distillation.training import run_segment

    torch.set_num_threads(threads)
    sizes = ["--hidden-size", str(arguments.hidden_size), "--teacher-layers", "4", "--student-layers", "2"]
    given = gpu.parser().parse_args([*sizes, "--sequences", "128", "--vocab-size", "8000"])
    given.micro_batch_tokens = 1024
    with tempfile.TemporaryDirectory() as folder:
        material = gpu.made_up(given, Path(folder))
        state, _ = run_segment(material.student, gpu.first_state(material.student), 1, material.data, material.settings)
        began = time.monotonic()
        run_segment(material.student, state, 1 + arguments.steps, material.data, material.settings)
        return (time.monotonic() - began) / arguments.steps


if __name__ == "__main__":
    start(main, parser())
