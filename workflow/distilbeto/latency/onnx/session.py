"""An ONNX model on onnxruntime, on the CPU. Needs neither torch nor transformers."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

INPUTS = ("input_ids", "attention_mask")


def open_session(path: Path, threads: int) -> "InferenceSession":
    """The model in `path`, on `threads` threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(
    session: "InferenceSession", ids: NDArray[np.int64], mask: NDArray[np.int64] | None = None
) -> NDArray[np.float32]:
    """The logits [batch, length, labels] of token ids [batch, length]; `mask` is 0 where they are padding."""
    (logits,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids) if mask is None else mask})
    return np.asarray(logits)
