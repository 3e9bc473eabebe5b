"""From the variables of a TensorFlow checkpoint to the weights of a transformers model."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.models.families.record import Family
from distilbeto.models.prefix import prefix_of

if TYPE_CHECKING:
    import torch

Variables = Mapping[str, NDArray[Any]]

SENTENCE_HEAD = "sentence_head"
# What follows the name of a part in a checkpoint of google-research, and in transformers.
DENSE = {"/kernel": ".weight", "/bias": ".bias"}
EMBEDDINGS = {"": ".weight"}
LAYER_NORM = {"/gamma": ".weight", "/beta": ".bias"}
PARAMETERS = {"head_bias": {"_bias": ".bias"}, SENTENCE_HEAD: {"_weights": ".weight", "_bias": ".bias"}}
# Parts that a checkpoint may lack, each as a whole: an encoder alone, or one without its pooler.
OPTIONAL = ("head_", "pooler", SENTENCE_HEAD)
OPTIMIZER_SLOTS = (
    "adam_m",
    "adam_v",
    "lamb_m",
    "lamb_v",
    "Adam",
    "Adam_1",
    "AdamWeightDecayOptimizer",
    "AdamWeightDecayOptimizer_1",
    "LAMBOptimizer",
    "LAMBOptimizer_1",
)


def state_dict_of(variables: Variables, family: Family) -> dict[str, "torch.Tensor"]:
    """Encoder, pooler and heads of a checkpoint of google-research/bert or /albert under the names of transformers.

    Heads and pooler may be missing; a prefix before all names, such as `module/`, and the state of the optimizer, in
    which a number by itself (a step, a scale of the loss) always belongs, are left out.

    Raises:
        UserError: naming every variable that is unknown or missing.
    """
    import torch

    stored = {name for name in variables if not _is_optimizer_state(name, variables)}
    layers = _layers(stored)
    of_roles = {role: dict(_names(family, role, layers)) for role in family.tensorflow}
    prefix = prefix_of(stored, {name for names in of_roles.values() for name in names}, "/")
    wanted = {name.removeprefix(prefix) for name in stored}
    there = {_part(role) for role, names in of_roles.items() if names.keys() & wanted}
    names: dict[str, str] = {}
    for role, of_role in of_roles.items():
        if _part(role) in there or _part(role) not in OPTIONAL:
            names |= of_role
    wrong = [f"unknown variable {name}" for name in sorted(wanted - names.keys())]
    wrong += [f"missing variable {name}" for name in sorted(names.keys() - wanted)]
    if wrong:
        raise UserError("not the variables of a pre-training checkpoint:\n  " + "\n  ".join(wrong))
    return {
        torch_name: torch.from_numpy(_weights(name, variables[prefix + name])) for name, torch_name in names.items()
    }


def _part(role: str) -> str:
    """What is missing or there as a whole: all of the masked language model's head, or this role alone."""
    return "head_" if role.startswith("head_") else role


def _names(family: Family, role: str, layers: int) -> Iterator[tuple[str, str]]:
    """The names of the parameters of this role: in the checkpoint, and in transformers."""
    for number in range(layers):
        for theirs, ours in _parameters(role).items():
            yield family.tensorflow[role].format(number) + theirs, family.modules[role].format(number) + ours


def _parameters(role: str) -> dict[str, str]:
    if role.endswith("layer_norm"):
        return LAYER_NORM
    return PARAMETERS.get(role, EMBEDDINGS if role.endswith("embeddings") else DENSE)


def _layers(variables: Iterable[str]) -> int:
    """The number of layers that the variables' names count to; 1 where all layers share one group of weights."""
    matches = (re.search(r"/layer_(\d+)/", name) for name in variables)
    return max((int(match[1]) + 1 for match in matches if match), default=1)


def _is_optimizer_state(variable: str, variables: Variables) -> bool:
    return variables[variable].ndim == 0 or variable.rpartition("/")[2] in OPTIMIZER_SLOTS


def _weights(name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    """A copy; a kernel is [inputs, outputs] in TensorFlow and [outputs, inputs] in torch."""
    return np.array(values.T if name.endswith("/kernel") else values, np.float32, order="C")
