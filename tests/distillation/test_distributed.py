"""Two processes train what one trains, by the script, as torchrun starts them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from distilbeto.distillation.initialization import initialize_student
from distilbeto.distillation.segment import Inputs
from distilbeto.distillation.settings import TrainingSettings

ROOT = Path(__file__).parents[2]

Segment = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def inputs(
    make_settings: Callable[..., TrainingSettings], make_inputs: Callable[..., Inputs], tmp_path: Path
) -> Inputs:
    """A student at step 0, and what it learns from."""
    found: Inputs = make_inputs(tmp_path / "step-0.safetensors")
    initialize_student(make_settings(), found.tokenizer, found.teacher, found.state)
    return found


@pytest.fixture
def segment(make_settings: Callable[..., TrainingSettings], inputs: Inputs) -> Segment:
    """Train from `state` to `end`, in so many processes."""

    def run(state: Path, end: int, output: Path, processes: int, **changes: Any) -> subprocess.CompletedProcess[str]:
        options = {
            "settings": [make_settings(**changes).model_dump_json()],
            "tokenizer": [inputs.tokenizer],
            "shards": inputs.shards,
            "token-counts": [inputs.token_counts],
            "teacher": [inputs.teacher],
            "state": [state],
            "end-step": [end],
            "output": [output],
            "metrics": [output.with_suffix(".jsonl")],
            "processes": [processes],
        }
        words = [str(word) for name, values in options.items() for word in (f"--{name}", *values)]
        command = [sys.executable, str(ROOT / "scripts" / "distil_segment.py"), *words]
        environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)

    return run


def losses_of(output: Path) -> list[list[float]]:
    lines = [json.loads(line) for line in output.with_suffix(".jsonl").read_text().splitlines()]
    return [[line["losses"][name] for name in sorted(line["losses"])] for line in lines if "losses" in line]


def test_two_processes_have_the_losses_of_one_and_resume_exactly(
    segment: Segment, inputs: Inputs, tmp_path: Path
) -> None:
    alone, whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("alone", "whole", "half", "rest"))
    for state, end, output, processes in (
        (inputs.state, 6, alone, 1),
        (inputs.state, 6, whole, 2),
        (inputs.state, 3, half, 2),
        (half, 6, rest, 2),
    ):
        ran = segment(state, end, output, processes)
        assert ran.returncode == 0, ran.stderr
    np.testing.assert_allclose(losses_of(whole), losses_of(alone), rtol=0, atol=1e-5)
    assert losses_of(half) + losses_of(rest) == losses_of(whole)
    first, second, single = load_file(whole), load_file(rest), load_file(alone)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    for name in single:
        np.testing.assert_allclose(first[name], single[name], rtol=1e-2, atol=1e-4, err_msg=name)


def test_an_error_of_one_process_ends_all_with_one_message(segment: Segment, inputs: Inputs, tmp_path: Path) -> None:
    output = tmp_path / "step-6.safetensors"
    ran = segment(inputs.state, 6, output, 2, optimizer={"learning_rate": 1e-3, "max_gradient_norm": 4.0})
    assert ran.returncode == 1
    assert ran.stderr.count("error:") == 1
    assert "Traceback" not in ran.stderr
    assert not output.exists()
