"""A student at step k: weights, moments of the optimizer, and what it was trained on, in one safetensors file.

Tensors: model.<name>, and for k > 0 exp_avg.<name> and exp_avg_sq.<name>; tied weights once. There is no random state:
every draw is a hash of its place in the training. The record holds all that must stay the same in all segments.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.job.renames import renamed
from distilbeto.storage.files import fingerprint_of, replacing

if TYPE_CHECKING:
    import torch

FORMAT = "state-1"
KINDS = ("model", "exp_avg", "exp_avg_sq")


class State(NamedTuple):
    """`updates`: steps without those that fp16 skipped; `scaler`: state of the gradient scaler, empty without fp16;
    `inherited`: fields of the student's transformers configuration that are its teacher's."""

    step: int
    model: Mapping[str, "torch.Tensor"]
    exp_avg: Mapping[str, "torch.Tensor"]
    exp_avg_sq: Mapping[str, "torch.Tensor"]
    updates: int = 0
    scaler: Mapping[str, float] = {}
    inherited: Mapping[str, Any] = {}


def write_state(path: Path, state: State, record: Mapping[str, Any]) -> None:
    """Write `state` and the `record` of its settings and data: whole or not at all."""
    from safetensors.torch import save_file

    tensors = {
        f"{kind}.{name}": tensor.detach().cpu().contiguous()
        for kind in KINDS
        for name, tensor in getattr(state, kind).items()
    }
    metadata = {
        "format": FORMAT,
        "step": str(state.step),
        "updates": str(state.updates),
        "fingerprint": fingerprint_of(record),
        "record": json.dumps(record, sort_keys=True, ensure_ascii=False),
        "scaler": json.dumps(state.scaler, sort_keys=True),
    }
    if state.inherited:
        metadata["inherited"] = json.dumps(state.inherited, sort_keys=True)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata=metadata)


def read_state(path: Path, record: Mapping[str, Any]) -> State:
    """The state in `path`, if it belongs to the training that `record` describes.

    Only keys that both records have are compared: the state at step 0 is made before the corpus. Settings recorded
    under their old names are compared under today's.

    Raises:
        UserError: the file is missing, truncated or no state, or belongs to another training.
    """
    tensors, metadata = _read(path)
    _assert_same_training(json.loads(metadata["record"]), record, path)
    parts: dict[str, dict[str, torch.Tensor]] = {kind: {} for kind in KINDS}
    for key, tensor in tensors.items():
        kind, _, name = key.partition(".")
        parts[kind][name] = tensor
    updates, scaler = int(metadata["updates"]), json.loads(metadata["scaler"])
    inherited = json.loads(metadata.get("inherited", "{}"))
    return State(int(metadata["step"]), **parts, updates=updates, scaler=scaler, inherited=inherited)


def _read(path: Path) -> tuple[dict[str, "torch.Tensor"], dict[str, str]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise UserError(f"expected a file of format {FORMAT}, found {metadata.get('format')}", where=path)
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except FileNotFoundError:
        raise UserError("file not found", where=path) from None
    except SafetensorError:
        remedy = "Delete it and run again."
        raise UserError("not a state of a student, or truncated", where=path, remedy=remedy) from None


def _assert_same_training(found: dict[str, Any], expected: Mapping[str, Any], path: Path) -> None:
    shared = found.keys() & expected.keys()
    ours, theirs = (renamed({name: record[name] for name in shared}) for record in (expected, found))
    if fingerprint_of(ours) == fingerprint_of(theirs):
        return
    now, then = _flat(ours), _flat(theirs)
    differing = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    raise UserError(
        f"the state belongs to training {fingerprint_of(theirs)}, expected training {fingerprint_of(ours)}:\n    "
        + "\n    ".join(f"{name} was {then.get(name)}, is now {now.get(name)}" for name in differing),
        where=path,
        remedy="Restore what was changed, or train again from step 0.",
    )


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Nested dicts as one, with dotted names."""
    if not isinstance(value, dict):
        return {prefix: value}
    inner = [_flat(part, f"{prefix}.{key}".lstrip(".")) for key, part in value.items()]
    return {name: leaf for part in inner for name, leaf in part.items()}
