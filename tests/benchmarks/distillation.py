"""Tokens a second of distillation: a plain loop in the way of DistilBERT's published code, then this project's.

On a GPU, where there is one, else on CPUs. Variants train on the same sequences of real text, with the shapes of BETO
and DistilBETO and random weights (time does not depend on their values). A step reads, masks, computes losses and
gradients, clips them and moves the weights.

    plain loop           16 sequences of like length (bins of 4) a micro-batch, logits of every token from the
                         transformers API, targets drawn over the micro-batch, losses taken on the selected tokens
    + masked projection  this project's step on the same micro-batches: logits only where a loss needs them
    + token budget       its own micro-batches: sorted by length, cut for little padding within --micro-batch-tokens
    + bf16               the same under bf16 autocast
    plain loop, bf16     the plain loop under bf16 autocast

With --loss-tokens all, as in the thesis's run, a loss needs the logits of every token, and the second line differs from
the first only in what surrounds the models. Variants take turns, --rounds times; the best of each counts.

The second table shows where the time of this project's steps goes. A training reads the next step while it computes
this one; waiting is what it still waits for the reader.

Example:
    python tests/benchmarks/distillation.py --text $DISTILBETO_REAL_DATA/corpus/fortunes-es.txt \\
        --tokenizer $DISTILBETO_REAL_DATA/tokenizers/beto-uncased --sequences 512 --micro-batch-tokens 2048 --threads 2
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from plain_loop import Plain, groups_of_like_length, plain_steps
from transformers import PreTrainedModel

from distilbeto.corpus.counts import count_tokens
from distilbeto.corpus.settings import SequenceRules
from distilbeto.corpus.shards import ShardSet, open_shards, sequences
from distilbeto.corpus.tokenize import TextFile, tokenize_shard
from distilbeto.distillation import training
from distilbeto.distillation.batches import Batch, pad_sequences, read_batch
from distilbeto.distillation.masking import IGNORED, mask_sequences
from distilbeto.distillation.ranks import local_device
from distilbeto.distillation.settings import Losses, TrainingSettings
from distilbeto.distillation.state import State
from distilbeto.distillation.training_data import TrainingData, training_data
from distilbeto.job.cli import argument_parser, start
from distilbeto.models.build import random_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.files import sha256_of
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

PARTS = {
    "teacher_forward": "teacher, forward",
    "forward": "student, forward",
    "loss_sums": "losses",
    "backward": "student and losses, backward",
    "next": "waiting for the reader",
    "clip": "clipping",
    "update": "moving the weights",
}
MODELS = ("teacher_forward", "forward", "loss_sums", "backward")


class Material(NamedTuple):
    """What all variants share. groups: a step's sequences, in the plain loop's micro-batches."""

    settings: TrainingSettings
    data: TrainingData
    student: PreTrainedModel
    tokenizer: LoadedTokenizer
    groups: list[NDArray[np.int64]]


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--text", type=Path, required=True, help="real text, one sentence a line")
    arguments.add_argument("--tokenizer", type=Path, required=True, help="folder of BETO's published tokenizer")
    arguments.add_argument("--teacher-layers", type=int, default=12)
    arguments.add_argument("--student-layers", type=int, default=6)
    arguments.add_argument("--hidden-size", type=int, default=768)
    arguments.add_argument("--sequences", type=int, default=512, help="of a step (thesis: 4096; default: %(default)s)")
    arguments.add_argument("--micro-batch-tokens", type=int, default=2048, help="default: %(default)s")
    arguments.add_argument("--loss-tokens", choices=["masked", "all"], default="masked")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only-shares", action="store_true", help="only the second table")
    arguments.add_argument("--threads", type=int, default=2)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        material = prepare(arguments, Path(folder))
        describe(material)
        if not arguments.only_shares:
            print_speeds(measure(variants(material), arguments.rounds))
        print_shares(time_parts(material, arguments.rounds))


def prepare(arguments: argparse.Namespace, folder: Path) -> Material:
    prepare_tokenizer(arguments.tokenizer, Normalization(), folder / "tokenizer")
    tokenizer, shard = load_tokenizer(folder / "tokenizer"), folder / "text-0000.safetensors"
    text = TextFile(arguments.text, "text", arguments.text.stat().st_size, sha256_of(arguments.text))
    tokenize_shard(text, 0, 1, tokenizer=tokenizer, rules=SequenceRules(), output=shard)
    return material_of(arguments, tokenizer, open_shards([shard], tokenizer.fingerprint))


def material_of(arguments: argparse.Namespace, tokenizer: LoadedTokenizer, shard_set: ShardSet) -> Material:
    """Teacher and student of random weights for one shard, on the GPU where there is one."""
    settings, counts = settings_of(arguments), count_tokens(shard_set, tokenizer.vocab_size)
    teacher = random_model(shape("bert", arguments, arguments.teacher_layers), tokenizer, 1)
    data = training_data(
        settings, shard_set, counts, tokenizer, teacher.eval().requires_grad_(False).to(local_device())
    )
    groups = groups_of_like_length(np.diff(shard_set.shards[0].offsets), settings.sequences_per_step)
    student = random_model(settings.architecture, tokenizer, 2).to(local_device())
    return Material(settings, data, student, tokenizer, groups)


def settings_of(arguments: argparse.Namespace) -> TrainingSettings:
    return TrainingSettings(
        teacher="teacher",
        corpus="text",
        tokenizer="beto",
        architecture=shape("distilbert", arguments, arguments.student_layers),
        losses=Losses(loss_tokens=arguments.loss_tokens),
        steps=1000,
        sequences_per_step=arguments.sequences,
        micro_batch_tokens=arguments.micro_batch_tokens,
        validation_sequences=0,
        precision="fp32",
    )


def shape(model_type: Any, arguments: argparse.Namespace, layers: int) -> Architecture:
    size = arguments.hidden_size
    return Architecture(
        model_type=model_type,
        hidden_size=size,
        num_hidden_layers=layers,
        num_attention_heads=max(1, size // 64),
        intermediate_size=4 * size,
    )


def variants(material: Material) -> dict[str, Callable[[], float]]:
    """A step of each at a call, which returns its tokens a second."""
    data = material.data
    weights = torch.from_numpy(data.sampler.weights)
    models = material.student, data.teacher
    plain = Plain(material.settings, *models, material.tokenizer, data.shard_set, material.groups, weights)
    return {
        "plain loop": plain_steps(plain, None),
        "+ masked projection": our_steps(material, in_groups, "fp32"),
        "+ token budget": our_steps(material, within_budget, "fp32"),
        "+ bf16": our_steps(material, within_budget, "bf16"),
        "plain loop, bf16": plain_steps(plain, torch.bfloat16),
    }


def our_steps(material: Material, batch_of: Callable[[Material], Batch], precision: str) -> Callable[[], float]:
    """This project's training, a step at a call, on the micro-batches of `batch_of`."""
    settings = material.settings.model_copy(update={"precision": precision})
    state = first_state(material.student)

    def step() -> float:
        nonlocal state
        with mock.patch.object(training, "step_batch", lambda *_arguments: batch_of(material)):
            state, (line,) = training.run_segment(material.student, state, state.step + 1, material.data, settings)
        return float(line["tokens_per_second"])

    return step


def first_state(student: PreTrainedModel) -> State:
    return State(0, {name: value.detach().clone() for name, value in student.named_parameters()}, {}, {})


def within_budget(material: Material) -> Batch:
    data, numbers = material.data, np.concatenate(material.groups)
    size = data.micro_batch_tokens
    epochs = np.zeros_like(numbers)
    return read_batch(data.shard_set, data.sampler, epochs, numbers, pad=data.pad, micro_batch_tokens=size)


def in_groups(material: Material) -> Batch:
    data, numbers = material.data, np.concatenate(material.groups)
    masked = mask_sequences(data.sampler, sequences(data.shard_set, numbers), np.zeros_like(numbers), numbers)
    rows = np.arange(numbers.size).reshape(len(material.groups), -1)
    micro_batches = [pad_sequences(masked, group, data.pad) for group in rows]
    padded = sum(micro_batch.input_ids.size for micro_batch in micro_batches)
    targets = int((masked.labels != IGNORED).sum())
    return Batch(micro_batches, range(len(micro_batches)), int(masked.lengths.sum()), padded, targets)


def measure(steps: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The best tokens a second of each, after a round that does not count."""
    found = [{name: step() for name, step in steps.items()} for _ in range(rounds + 1)]
    return {name: max(speeds[name] for speeds in found[1:]) for name in steps}


def time_parts(material: Material, rounds: int) -> dict[str, float]:
    """Seconds of `rounds` steps of a training, after two that do not count, by part; `all` holds the rest too."""
    spent: dict[str, float] = {}
    steps = []

    def run_step(*arguments: Any, **options: Any) -> dict[str, Any]:
        spent.clear()
        began = time.perf_counter()
        line: dict[str, Any] = original(*arguments, **options)
        steps.append(spent | {"all": time.perf_counter() - began})
        return line

    original = training._run_step
    with clocks(spent), mock.patch.object(training, "_run_step", run_step):
        student = material.student
        training.run_segment(student, first_state(student), rounds + 2, material.data, material.settings)
    return {part: sum(step.get(part, 0.0) for step in steps[2:]) for part in (*PARTS, "all")}


@contextmanager
def clocks(spent: dict[str, float]) -> Iterator[None]:
    """Add to `spent` the seconds in each of PARTS; what runs inside another part counts as the outer one's."""
    running: list[str] = []

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            if running:
                return function(*arguments, **options)
            running.append(part)
            began = now()
            try:
                return function(*arguments, **options)
            finally:
                spent[part] = spent.get(part, 0.0) + now() - began
                running.clear()

        return run

    def prefetch(*arguments: Any) -> Iterator[Batch]:
        batches = reader(*arguments)
        take = timed("next", lambda: next(batches))
        with ExitStack() as closing:
            closing.callback(batches.close)
            while True:
                try:
                    yield take()
                except StopIteration:
                    return

    reader = training.prefetch
    with ExitStack() as patches:
        for name in PARTS.keys() - {"next", "backward"}:
            patches.enter_context(mock.patch.object(training, name, timed(name, getattr(training, name))))
        patches.enter_context(mock.patch.object(torch.autograd, "backward", timed("backward", torch.autograd.backward)))
        patches.enter_context(mock.patch.object(training, "prefetch", prefetch))
        yield


def now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def describe(material: Material) -> None:
    ours, plain = within_budget(material), in_groups(material)
    count = sum(group.size for group in material.groups)
    print(f"{count} sequences a step, {ours.tokens / count:.1f} tokens on average")
    for name, batch in (("plain loop", plain), ("token budget", ours)):
        print(f"{name}: {len(batch.micro_batches)} micro-batches, {100 * batch.padding_share:.1f} % padding")


def print_speeds(speeds: dict[str, float]) -> None:
    values = list(speeds.values())
    print(f"\n{'':22}{'tokens/s':>10}{'to plain':>10}{'to above':>10}")
    for name, speed, before in zip(speeds, values, [values[0], *values], strict=False):
        print(f"{name:22}{speed:10.0f}{speed / values[0]:10.2f}{speed / before:10.2f}")


def print_shares(seconds: dict[str, float]) -> None:
    print(f"\n{'part of a step':32}{'seconds':>10}{'share':>10}")
    rest = seconds["all"] - sum(seconds[part] for part in PARTS)
    for name, value in [*((PARTS[part], seconds[part]) for part in PARTS), ("rest", rest), ("all", seconds["all"])]:
        print(f"{name:32}{value:10.2f}{100 * value / seconds['all']:9.1f}%")
    outside = 1 - sum(seconds[part] for part in MODELS) / seconds["all"]
    print(f"{'outside models and losses':42}{100 * outside:9.1f}%")


if __name__ == "__main__":
    start(main, parser())
