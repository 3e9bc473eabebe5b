"""The precision of forward passes, in distillation as in fine-tuning."""

from contextlib import AbstractContextManager, nullcontext
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
    return precision


def autocast(device_type: str, precision: str) -> AbstractContextManager[Any]:
    """Mixed precision bf16 or fp16; nothing for fp32."""
    return torch.autocast(device_type, AUTOCAST[precision]) if precision in AUTOCAST else nullcontext()
