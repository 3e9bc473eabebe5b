"""Several processes train as one does: the same losses, the same weights, the same bits again; and they end together.

The processes are forks of the test, in place of those that torchrun starts; in one test they are torchrun's.
"""

import itertools
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tests.forks import fork, run_script

from distilbeto.distillation import ranks as ranks_module
from distilbeto.distillation import segment, training
from distilbeto.distillation.batches import Batch
from distilbeto.distillation.initialization import initialize_student
from distilbeto.distillation.ranks import Ranks, process_group, sum_gradients
from distilbeto.distillation.segment import Inputs
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.errors import UserError

SCRIPT = str(Path(__file__).parents[2] / "scripts" / "distil_segment.py")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks as Linux has them")

Command = Callable[..., list[str]]


class Ending(NamedTuple):
    """The exit status of each process, or minus the signal that ended it, and what each wrote to its log."""

    statuses: list[int]
    logs: list[str]


def run_ranks(size: int, job: Callable[[int], None], folder: Path) -> Ending:
    """Run `job(rank)` in `size` processes that know of each other, as torchrun tells them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}

    def be(rank: int) -> None:
        logging.getLogger().handlers.clear()  # those of pytest would keep the script from logging to its own stderr
        own = {"RANK": rank, "LOCAL_RANK": rank}
        os.environ.update({name: str(value) for name, value in (shared | own).items()})
        job(rank)

    folder.mkdir(parents=True, exist_ok=True)
    logs = [folder / f"{rank}.log" for rank in range(size)]
    processes = [start_fork(lambda rank=rank: be(rank), logs[rank]) for rank in range(size)]
    statuses = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
    return Ending(statuses, [log.read_text() for log in logs])


def start_fork(job: Callable[[], None], log: Path) -> int:
    """As `fork`, but returns at once: the number of a process that waits for it and ends as it does."""
    process = os.fork()
    if process == 0:
        status = fork(job, log)
        if status < 0:
            os.kill(os.getpid(), -status)
        os._exit(status)
    return process


@pytest.fixture
def command(
    make_settings: Callable[..., TrainingSettings], make_inputs: Callable[..., Inputs], tmp_path: Path
) -> Command:
    """The words of the command line of a segment that goes on in `folder` from step `begin` to step `end`."""

    def make(folder: Path, end: int, *options: str, begin: int = 0, **changes: Any) -> list[str]:
        settings = make_settings(**changes)
        inputs = make_inputs(folder / f"{begin}.safetensors")
        if begin == 0:
            initialize_student(settings, inputs.tokenizer, inputs.teacher, inputs.state)
        words = ["--settings", settings.model_dump_json(), "--tokenizer", str(inputs.tokenizer)]
        words += ["--shards", *map(str, inputs.shards), "--token-counts", str(inputs.token_counts)]
        words += ["--teacher", str(inputs.teacher), "--state", str(inputs.state), "--end-step", str(end)]
        words += ["--output", str(folder / f"{end}.safetensors"), "--metrics", str(folder / f"{end}.jsonl")]
        return [SCRIPT, *words, *options]

    return make


def content(path: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    with safe_open(path, framework="np") as file:
        return file.metadata(), {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


def losses_in(metrics: Path) -> list[dict[str, float]]:
    """Of each step, and of the validation."""
    *steps, last = (json.loads(line) for line in metrics.read_text().splitlines())
    return [*(step["losses"] for step in steps), last["validation"], last.get("teacher_validation", {})]


def assert_trained(ending: Ending) -> None:
    assert set(ending.statuses) == {0}, ending


@pytest.mark.parametrize(
    "changes",
    [
        {},
        pytest.param({"micro_batch_tokens": 10_000}, id="the second has nothing to train"),
        {"precision": "fp16", "losses": {"loss_tokens": "all"}},
    ],
)
def test_two_processes_train_as_one_does(
    changes: dict[str, Any], command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "resolve_precision", lambda precision, _: precision)  # fp16 on a CPU too
    one, two = tmp_path / "one", tmp_path / "two"
    assert fork(lambda: run_script(command(one, 4, **changes)), tmp_path / "log") == 0, (tmp_path / "log").read_text()
    words = command(two, 4, **changes)
    assert_trained(run_ranks(2, lambda _: run_script(words), tmp_path / "logs"))
    tolerance = 1e-3 if "precision" in changes else 1e-5
    for alone, together in zip(losses_in(one / "4.jsonl"), losses_in(two / "4.jsonl"), strict=True):
        assert together == pytest.approx(alone, abs=tolerance)
    weights, others = (load_file(folder / "4.safetensors") for folder in (one, two))
    for name, tensor in weights.items():
        assert torch.allclose(others[name], tensor, atol=tolerance), name


def test_two_processes_end_in_the_same_bits_however_the_training_is_cut(command: Command, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder, ends in ((whole, [0, 7]), (cut, [0, 3, 7])):
        for begin, end in itertools.pairwise(ends):
            words = command(folder, end, begin=begin)
            assert_trained(run_ranks(2, lambda _, words=words: run_script(words), tmp_path / "logs"))
    assert content(cut / "7.safetensors") == content(whole / "7.safetensors")
    last = json.loads((cut / "7.jsonl").read_text().splitlines()[-1])
    assert last["provenance"]["processes"] == 2


def test_gradients_are_summed_also_over_ranks_that_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks_module, "BUCKET_ELEMENTS", 5)

    def job(rank: int) -> None:
        weights = [torch.nn.Parameter(torch.zeros(shape)) for shape in ((2, 2), (7,), (1,), (3,))]
        if rank == 0:
            for number, weight in enumerate(weights[:3]):
                weight.grad = torch.full_like(weight, number + 1.0)
        if rank == 2:
            weights[0].grad = torch.arange(4.0).view(2, 2)
        with process_group() as ranks:
            assert ranks == Ranks(rank, 3)
            sum_gradients(ranks, weights)
        assert weights[3].grad is None
        sums = [weight.grad.tolist() for weight in weights[:3] if weight.grad is not None]
        assert sums == [[[1.0, 2.0], [3.0, 4.0]], [2.0] * 7, [3.0]]

    assert_trained(run_ranks(3, job, tmp_path))


def test_a_loss_that_is_not_finite_on_one_rank_ends_all_with_one_message(command: Command, tmp_path: Path) -> None:
    words = command(tmp_path / "out", 3)
    accumulate = training.accumulate_gradients

    def spoil(*arguments: Any) -> dict[str, torch.Tensor]:
        losses = accumulate(*arguments)
        return losses | {"masked_lm": losses["masked_lm"] * torch.nan}

    def job(rank: int) -> None:
        if rank == 1:
            training.accumulate_gradients = spoil
        run_script(words)

    statuses, logs = run_ranks(2, job, tmp_path / "logs")
    assert statuses == [1, 1]
    assert logs[0].startswith("error: step 1: the loss masked_lm is nan; nothing was written")
    assert logs[1] == ""
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.safetensors"]


def test_what_one_rank_cannot_read_ends_all_with_its_message(command: Command, tmp_path: Path) -> None:
    words = command(tmp_path / "out", 3)
    read = training.step_batch

    def fail(data: Any, step: int, *rest: Any) -> Batch:
        if step == 1:
            raise UserError("damaged shard", where="s.safetensors")
        return read(data, step, *rest)

    def job(rank: int) -> None:
        if rank == 1:
            training.step_batch = fail
        run_script(words)

    assert run_ranks(2, job, tmp_path / "logs") == Ending([1, 1], ["", "error: s.safetensors: damaged shard\n"])


def test_bad_input_is_reported_once(command: Command, tmp_path: Path) -> None:
    words = command(tmp_path / "out", 8)
    statuses, logs = run_ranks(2, lambda _: run_script(words), tmp_path / "logs")
    assert statuses == [1, 1]
    assert "at step 0 of 7, the segment cannot end at step 8" in logs[0]
    assert logs[1] == ""


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGKILL, [1, -9]), (signal.SIGTERM, [1, 143])])
def test_the_end_of_one_process_ends_the_others(
    number: int, expected: list[int], command: Command, tmp_path: Path
) -> None:
    words = command(tmp_path / "out", 3)
    update = training.update

    def job(rank: int) -> None:
        if rank == 1:
            training.update = lambda *arguments: (update(*arguments), os.kill(os.getpid(), number))
        run_script(words)

    statuses, logs = run_ranks(2, job, tmp_path / "logs")
    assert statuses == expected
    assert "another process has ended, and this one with it" in logs[0]
    assert "Traceback" not in logs[0] + logs[1]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.safetensors"]


def test_the_first_process_alone_writes(command: Command, tmp_path: Path) -> None:
    words = command(tmp_path, 1)

    def job(rank: int) -> None:
        if rank == 1:
            segment.write_state = None  # whoever calls it fails
        run_script(words)

    assert_trained(run_ranks(2, job, tmp_path / "logs"))


def test_the_script_starts_its_processes_itself(command: Command, tmp_path: Path) -> None:
    started, forked = tmp_path / "started", tmp_path / "forked"
    words = command(started, 2, "--processes", "2", "--threads", "2")
    assert fork(lambda: run_script(words), tmp_path / "log") == 0, (tmp_path / "log").read_text()
    assert (tmp_path / "log").read_text() == ""
    others = command(forked, 2)
    assert_trained(run_ranks(2, lambda _: run_script(others), tmp_path / "logs"))
    assert content(started / "2.safetensors") == content(forked / "2.safetensors")
