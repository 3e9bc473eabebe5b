"""From the variables of a TensorFlow checkpoint to the weights of a transformers model."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.models.families.record import Family

if TYPE_CHECKING:
    import torch

Variables = Mapping[str, NDArray[Any]]

SENTENCE_HEAD = "sentence_head"
# What follows the name of a part in a checkpoint of google-research, and in transformers.
DENSE = {"/kernel": ".weight", "/bias": ".bias"}
EMBEDDINGS = {"": ".weight"}
LAYER_NORM = {"/gamma": ".weight", "/beta": ".bias"}
PARAMETERS = {"head_bias": {"_bias": ".bias"}, SENTENCE_HEAD: {"_weights": ".weight", "_bias": ".bias"}}
OPTIMIZER_STEPS = ("global_step", "beta1_power", "beta2_power")
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

    The head for the order of sentences, or for the next one, may be missing; the state of the optimizer is left out.

    Raises:
        UserError: naming every variable that is unknown or missing.
    """
    import torch

    wanted = {name for name in variables if not _is_optimizer_state(name)}
    layers = _layers(wanted)
    names: dict[str, str] = {}
    for role in family.tensorflow:
        of_role = dict(_names(family, role, layers))
        if role != SENTENCE_HEAD or of_role.keys() & wanted:
            names |= of_role
    wrong = [f"unknown variable {name}" for name in sorted(wanted - names.keys())]
    wrong += [f"missing variable {name}" for name in sorted(names.keys() - wanted)]
    if wrong:
        raise UserError("not the variables of a pre-training checkpoint:\n  " + "\n  ".join(wrong))
    return {torch_name: torch.from_numpy(_weights(name, variables[name])) for name, torch_name in names.items()}


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


def _is_optimizer_state(variable: str) -> bool:
    return variable in OPTIMIZER_STEPS or variable.rpartition("/")[2] in OPTIMIZER_SLOTS


def _weights(name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    """A copy; a kernel is [inputs, outputs] in TensorFlow and [outputs, inputs] in torch."""
    return np.array(values.T if name.endswith("/kernel") else values, np.float32, order="C")
