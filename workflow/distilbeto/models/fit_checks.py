"""What makes published weights another model than their configuration says, or none at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.errors import UserError
from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch

    Tensors = Mapping[str, torch.Tensor]


def assert_weights_fit(expected: "Tensors", state: "Tensors", where: Path) -> None:
    """Refuse tensors of other shapes than `expected`, of packed numbers, or with values that are no numbers."""
    common = {name: (tensor, expected[name]) for name, tensor in state.items() if name in expected}
    wrong = [
        f"{name} is {list(tensor.shape)}, expected {list(wanted.shape)}"
        for name, (tensor, wanted) in common.items()
        if tensor.shape != wanted.shape
    ]
    if wrong:
        raise UserError("weights of other shapes than the configuration's:\n  " + "\n  ".join(wrong), where=where)
    packed = sorted({str(tensor.dtype) for tensor, wanted in common.values() if _is_packed(tensor, wanted)})
    if packed:
        raise UserError(
            f"quantized weights ({', '.join(packed)}) are not read",
            where=where,
            remedy="Take the checkpoint that they were made of.",
        )
    broken = sorted(name for name, (tensor, _) in common.items() if not tensor.isfinite().all())
    if broken:
        raise UserError(
            "weights that are infinite or no numbers (NaN):\n  " + "\n  ".join(broken),
            where=where,
            remedy="Take another checkpoint: the training of this one diverged, or its precision was too low for it.",
        )


def assert_every_layer_is_used(family: Family, layers: int, state: "Tensors", where: Path) -> None:
    """Refuse weights of more `layers` than the configuration has: a part of a model under the name of the whole."""
    there = 1 + max((layer for name in state if (layer := family.layer_of(name)) is not None), default=-1)
    if there > layers:
        raise UserError(
            f"it has weights of {there} layers, but its configuration says {layers}",
            where=where,
            remedy="Correct it in config.json; num_hidden_layers of the model cuts it to its first layers.",
        )


def _is_packed(tensor: "torch.Tensor", wanted: "torch.Tensor") -> bool:
    """Whole numbers, or floating-point ones of a byte, which mean something only with their scales."""
    return wanted.is_floating_point() and (not tensor.is_floating_point() or tensor.dtype.itemsize == 1)
