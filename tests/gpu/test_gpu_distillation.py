"""A segment on a GPU: what it says in each precision, in the same bits again, in two processes, compiled."""

import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tests.distillation.conftest import (
    make_architecture,
    make_inputs,
    make_model_folder,
    make_settings,
    shard_set,
    shards,
    teacher_folder,
    token_counts,
    tokenizer,
    tokenizer_folder,
)
from tests.distillation.test_distributed import Command, command, content, losses_in
from tests.gpu.conftest import RunProgram

from distilbeto.models.settings import Architecture

# Runs the script that follows it, and kills it at its second update.
KILLED = """
import os, runpy, signal, sys
from distilbeto.distillation import training
update, updates = training.update, []
def strike(*arguments):
    update(*arguments)
    updates.append(1)
    if len(updates) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
training.update, sys.argv = strike, sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
PRECISIONS = [
    pytest.param({"precision": "bf16"}, 0.03, id="bf16"),
    pytest.param({"precision": "bf16", "losses": {"loss_tokens": "all"}}, 0.03, id="bf16, all tokens"),
    pytest.param({"precision": "fp16"}, 0.01, id="fp16"),
]

Train = Callable[..., list[dict[str, float]]]


@pytest.fixture
def train(command: Command, run_program: RunProgram) -> Train:
    """Train a student without dropout, whose draws differ between devices, to step 7; the losses of each step."""

    def to(folder: Path, *options: str, environment: dict[str, str] | None = None, **changes: Any) -> Any:
        ran = run_program(*command(folder, 7, *options, **changes), **(environment or {}))
        assert ran.returncode == 0, ran.stderr
        return losses_in(folder / "7.jsonl")

    return to


@pytest.fixture
def student(make_architecture: Callable[..., Architecture]) -> dict[str, Any]:
    return {"architecture": make_architecture("distilbert", dropout=0.0).model_dump()}


def assert_close(found: list[dict[str, float]], expected: list[dict[str, float]], tolerance: float) -> None:
    """Relative to losses, absolute to accuracies and to losses near 0."""
    for ours, theirs in zip(found, expected, strict=True):
        assert ours == pytest.approx(theirs, rel=tolerance, abs=tolerance)


def test_a_gpu_says_what_a_cpu_says(train: Train, student: dict[str, Any], gpu: torch.device, tmp_path: Path) -> None:
    on_gpu = train(tmp_path / "gpu", precision="fp32", **student)
    on_cpu = train(tmp_path / "cpu", environment={"CUDA_VISIBLE_DEVICES": ""}, precision="fp32", **student)
    assert_close(on_gpu[:7], on_cpu[:7], 1e-4)


@pytest.mark.parametrize(("changes", "tolerance"), PRECISIONS)
def test_half_precision_teaches_what_single_precision_does(
    changes: dict[str, Any],
    tolerance: float,
    train: Train,
    student: dict[str, Any],
    device: torch.device,
    tmp_path: Path,
) -> None:
    if changes["precision"] == "fp16" and device.type != "cuda":
        pytest.skip("fp16 needs a GPU")
    single = train(tmp_path / "fp32", **changes | {"precision": "fp32"}, **student)
    half = train(tmp_path / "half", **changes, **student)
    assert_close(half[:7], single[:7], tolerance)
    found = json.loads((tmp_path / "half" / "7.jsonl").read_text().splitlines()[-1])["provenance"]
    assert found["device"] == (torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu")


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_killed_training_ends_in_the_same_bits(
    precision: str, command: Command, run_program: RunProgram, device: torch.device, tmp_path: Path
) -> None:
    """With dropout: its draws are the same again."""
    if precision == "fp16" and device.type != "cuda":
        pytest.skip("fp16 needs a GPU")
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert run_program(*command(whole, 7, precision=precision)).returncode == 0
    assert run_program(*command(cut, 3, precision=precision)).returncode == 0
    words = command(cut, 7, begin=3, precision=precision)
    assert run_program("-c", KILLED, *words).returncode == -signal.SIGKILL
    assert not (cut / "7.safetensors").exists()
    assert run_program(*words).returncode == 0
    assert content(cut / "7.safetensors") == content(whole / "7.safetensors")


def test_two_processes_train_as_one_does(
    train: Train, student: dict[str, Any], device: torch.device, tmp_path: Path
) -> None:
    """On two GPUs by NCCL."""
    if device.type == "cuda" and torch.cuda.device_count() < 2:
        pytest.skip("needs two GPUs")
    one = train(tmp_path / "one", precision="fp32", environment={"CUDA_VISIBLE_DEVICES": "0"}, **student)
    two = train(tmp_path / "two", "--processes", "2", precision="fp32", **student)
    assert_close(two, one, 1e-4)
    weights, others = (load_file(tmp_path / name / "7.safetensors") for name in ("one", "two"))
    assert all(torch.allclose(others[name], weights[name], atol=1e-4) for name in weights)


@pytest.mark.skipif(shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a C++ compiler")
def test_a_compiled_student_learns_the_same(
    train: Train, student: dict[str, Any], gpu: torch.device, tmp_path: Path
) -> None:
    plain = train(tmp_path / "plain", precision="fp32", **student)
    compiled = train(tmp_path / "compiled", precision="fp32", compile=True, **student)
    assert_close(compiled[:7], plain[:7], 1e-3)
