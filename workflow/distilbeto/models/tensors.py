"""Read the weights of a transformers folder: one file or shards, safetensors or pickles, as tensors by name."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.sources.git_lfs import assert_no_pointer
from distilbeto.storage.files import read_json

if TYPE_CHECKING:
    import torch

INDEX = ".index.json"
FORMS = ("model.safetensors", f"model.safetensors{INDEX}", "pytorch_model.bin", f"pytorch_model.bin{INDEX}")
SAVE_STATE = "Save the model's state_dict() alone."
FETCH_AGAIN = "Fetch the source again, with every file of its weights."


def file_of_weights(folder: Path) -> Path | None:
    """The file of the weights, or the index of their shards: safetensors before pickles, whole before shards."""
    return next((folder / name for name in FORMS if (folder / name).is_file()), None)


def read_tensors(path: Path) -> dict[str, "torch.Tensor"]:
    """All tensors of one of FORMS, by name.

    Raises:
        UserError: a file is missing, damaged, or holds more than tensors; an index names files outside of its folder.
    """
    if not path.name.endswith(INDEX):
        return _read_file(path)
    tensors: dict[str, torch.Tensor] = {}
    places = _places(path)
    for shard in sorted(set(places.values())):
        tensors |= _read_file(path.parent / shard)
    lost = sorted(places.keys() - tensors.keys())
    if lost:
        raise UserError(f"no shard has {some(lost)}", where=path, remedy=FETCH_AGAIN)
    return tensors


def _places(index: Path) -> dict[str, str]:
    """The file of each tensor."""
    content = read_json(index)
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict) or not all(isinstance(file, str) for file in places.values()):
        raise UserError("not the index of a sharded model: it has no weight_map", where=index)
    files = sorted(set(places.values()))
    suffix = Path(index.name.removesuffix(INDEX)).suffix
    foreign = [file for file in files if Path(file).name != file or Path(file).suffix != suffix]
    if foreign:
        raise UserError(
            f"it names {some(foreign)}; shards are {suffix} files in the same folder", where=index, remedy=FETCH_AGAIN
        )
    missing = [file for file in files if not (index.parent / file).is_file()]
    if missing:
        raise UserError(f"of its shards, {some(missing)} are not there", where=index, remedy=FETCH_AGAIN)
    return places


def _read_file(path: Path) -> dict[str, "torch.Tensor"]:
    """A pickle is read as far as it holds tensors and plain containers, and refused otherwise."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    assert_no_pointer(path)
    if path.suffix == ".safetensors":
        try:
            return dict(load_file(path))
        except SafetensorError as error:
            raise UserError(f"not a safetensors file, or cut short: {error}", where=path, remedy=FETCH_AGAIN) from None
    try:
        state = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # whatever its bytes make the parts of torch raise that read archives and pickles
        raise _explained(error, path) from None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise UserError(f"expected tensors by name, found {_described(state)}", where=path, remedy=SAVE_STATE)
    return dict(state)


def _explained(error: Exception, path: Path) -> UserError:
    """torch's message, without its advice to run what a file holds."""
    import pickle

    code = re.search(r"GLOBAL ([\w.]+)", str(error))
    if code and isinstance(error, pickle.UnpicklingError):
        message = f"it holds more than tensors, {code[1]}, and code of a file is never run"
        return UserError(message, where=path, remedy=SAVE_STATE)
    said = re.split(r"\n|\. ", str(error))[0] or type(error).__name__
    message = "not a file that torch.save wrote" if isinstance(error, pickle.UnpicklingError) else said
    return UserError(f"damaged, or cut short: {message}", where=path, remedy=FETCH_AGAIN)


def _described(state: Any) -> str:
    if not isinstance(state, dict):
        return f"a {type(state).__name__}"
    return f"entries that are none: {some([str(name) for name in state if not hasattr(state[name], 'shape')])}"


def some(names: list[str]) -> str:
    """The first of several names, and how many more there are."""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more
