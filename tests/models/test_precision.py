"""One decision for distillation and fine-tuning."""

from typing import Any

import pytest
import torch

from distilbeto.errors import UserError
from distilbeto.models.precision import resolve_precision


@pytest.mark.parametrize(
    ("device", "bf16", "wanted", "expected"),
    [
        ("cpu", False, "auto", "fp32"),
        ("cuda", True, "auto", "bf16"),
        ("cuda", False, "auto", "fp16"),
        ("cuda", True, "fp16", "fp16"),
        ("cpu", False, "bf16", "bf16"),
        ("cuda", True, "fp32", "fp32"),
    ],
)
def test_the_precision_is_that_of_the_device(
    monkeypatch: pytest.MonkeyPatch, device: str, bf16: bool, wanted: str, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bf16)
    assert resolve_precision(wanted, device) == expected


def test_fp16_without_a_gpu_is_refused() -> None:
    with pytest.raises(UserError, match="precision: fp16 needs a GPU"):
        resolve_precision("fp16", "cpu")


@pytest.mark.parametrize(
    ("capabilities", "warned"),
    [
        ({"architecture": "x86_64", "avx2": True, "avx512_bf16": False, "amx_bf16": False}, True),
        ({"architecture": "x86_64", "avx512_bf16": True}, False),
        ({"architecture": "x86_64", "amx_bf16": True}, False),
        ({"architecture": "aarch64"}, False),
    ],
)
def test_bf16_on_a_processor_without_it_is_said_to_be_slow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capabilities: dict[str, Any], warned: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert resolve_precision("bf16", "cpu") == "bf16"
    assert ("fp32 is many times faster" in caplog.text) == warned
