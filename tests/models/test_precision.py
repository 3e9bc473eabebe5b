"""One decision for distillation and fine-tuning."""

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
