"""From the variables of a TensorFlow checkpoint to the weights of a transformers model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.models.tensorflow_names import (
    albert_names,
    bert_layers,
    bert_names,
    is_optimizer_state,
    sentence_head_names,
)

if TYPE_CHECKING:
    import torch

Variables = Mapping[str, NDArray[Any]]


def albert_state_dict(variables: Variables) -> dict[str, "torch.Tensor"]:
    """Encoder, pooler and heads of google-research ALBERT under the names of transformers.

    The sentence-order head may be missing; the state of the optimizer is left out.

    Raises:
        UserError: naming every variable that is unknown or missing.
    """
    return _state_dict(variables, albert_names(), sentence_head_names("albert"))


def bert_state_dict(variables: Variables) -> dict[str, "torch.Tensor"]:
    """Encoder, pooler and heads of google-research BERT under the names of transformers.

    The next-sentence head may be missing; the state of the optimizer is left out.

    Raises:
        UserError: naming every variable that is unknown or missing.
    """
    return _state_dict(variables, bert_names(bert_layers(variables)), sentence_head_names("bert"))


def _state_dict(
    variables: Variables, names: Mapping[str, str], sentence_head: Mapping[str, str]
) -> dict[str, "torch.Tensor"]:
    import torch

    wanted = {name for name in variables if not is_optimizer_state(name)}
    names = {**names, **(sentence_head if sentence_head.keys() & wanted else {})}
    wrong = [f"unknown variable {name}" for name in sorted(wanted - names.keys())]
    wrong += [f"missing variable {name}" for name in sorted(names.keys() - wanted)]
    if wrong:
        raise UserError("not the variables of a pre-training checkpoint:\n  " + "\n  ".join(wrong))
    return {torch_name: torch.from_numpy(_weights(name, variables[name])) for name, torch_name in names.items()}


def _weights(name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    """A copy; a kernel is [inputs, outputs] in TensorFlow and [outputs, inputs] in torch."""
    return np.array(values.T if name.endswith("/kernel") else values, np.float32, order="C")
