"""The precision of forward passes, in distillation as in fine-tuning."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from distilbeto.errors import UserError

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


def resolve_precision(precision: str, device_type: str) -> str:
    """fp32, bf16 or fp16; `auto` is the fastest that the device computes well: bf16, fp16, on a CPU fp32.

    Raises:
        UserError: fp16 without a GPU.
    """
    on_gpu = device_type == "cuda"
    if precision == "auto":
        if not on_gpu:
            return "fp32"
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if precision == "fp16" and not on_gpu:
        raise UserError("precision: fp16 needs a GPU, and there is none", remedy="Set precision to auto, bf16 or fp32.")
    if precision == "bf16" and not on_gpu and not _computes_bf16(torch.cpu.get_capabilities()):
        logging.warning("precision: bf16, but this processor has no instructions for it: fp32 is many times faster")
    return precision


def _computes_bf16(capabilities: Mapping[str, Any]) -> bool:
    """Of other architectures than x86-64 nothing is said: they are taken at their word."""
    on_x86 = capabilities.get("architecture") == "x86_64"
    return not on_x86 or any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16"))


def autocast(device_type: str, precision: str) -> AbstractContextManager[Any]:
    """Mixed precision bf16 or fp16; nothing for fp32."""
    return torch.autocast(device_type, AUTOCAST[precision]) if precision in AUTOCAST else nullcontext()


@contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Matrix products of fp32 whose factors a GPU may round to TF32, forward and backward, if `allowed`."""
    before = torch.get_float32_matmul_precision()
    if allowed:
        torch.set_float32_matmul_precision("high")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
