"""What only a GPU shows: `python -m pytest tests/gpu`. Elsewhere each test is skipped with a word.

DISTILBETO_GPU_TESTS=cpu tries on the CPU what a CPU can, so that on the day of a GPU only the GPU is new. The lock is
not needed: torch, transformers, accelerate, pydantic and pytest will do; nvidia-ml-py for energy.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]
VARIABLE = "DISTILBETO_GPU_TESTS"

RunProgram = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.gpu)


@pytest.fixture(scope="session", autouse=True)
def device() -> torch.device:
    """That of all tests here."""
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    if os.environ.get(VARIABLE) != "cpu":
        pytest.skip(f"no GPU here ({VARIABLE}=cpu tries on the CPU what a CPU can)")
    torch.set_num_threads(1)
    return torch.device("cpu")


@pytest.fixture
def gpu(device: torch.device) -> torch.device:
    """Of a test that says nothing on a CPU."""
    if device.type != "cuda":
        pytest.skip("needs a GPU")
    return device


@pytest.fixture(scope="session")
def run_program() -> RunProgram:
    """Run Python as a process of its own: CUDA does not outlive a fork. Keyword arguments are its environment's."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        package = {"PYTHONPATH": os.pathsep.join([str(ROOT / "workflow"), os.environ.get("PYTHONPATH", "")])}
        environment = dict(os.environ) | package | environment
        return subprocess.run(
            [sys.executable, *words], env=environment, capture_output=True, text=True, check=False, timeout=300
        )

    return run
