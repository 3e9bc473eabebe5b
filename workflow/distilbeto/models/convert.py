"""From the variables of a TensorFlow checkpoint to the weights of a transformers model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.models.tensorflow_names import (
    NEXT_SENTENCE_HEAD,
    albert_names,
    bert_layers,
    bert_names,
    is_optimizer_state,
)

if TYPE_CHECKING:
    import torch

Variables = Mapping[str, NDArray[Any]]


def albert_state_dict(variables: Variables) -> dict[str, "torch.Tensor"]:
    """Encoder, pooler and masked-language-model head of google-research ALBERT under the names of transformers.

    Optimizer state and the sentence-order head are left out.

    Raises:
        UserError: naming every variable that is unknown or missing.
    """
    return _state_dict(variables, albert_names())


def bert_state_dict(variables: Variables) -> dict[str, "torch.Tensor"]:
    """Encoder, pooler and masked-language-model head of google-research BERT under the names of transformers.

    Optimizer state and the next-sentence head are left out.

    Raises:
        UserError: naming every variable that is unknown or missing.
    """
    return _state_dict(variables, bert_names(bert_layers(variables)))


def _state_dict(variables: Variables, names: Mapping[str, str]) -> dict[str, "torch.Tensor"]:
    import torch

    wanted = {name for name in variables if name not in NEXT_SENTENCE_HEAD and not is_optimizer_state(name)}
    wrong = [f"unknown variable {name}" for name in sorted(wanted - names.keys())]
    wrong += [f"missing variable {name}" for name in sorted(names.keys() - wanted)]
    if wrong:
        raise UserError("not the variables of a pre-training checkpoint:\n  " + "\n  ".join(wrong))
    return {torch_name: torch.from_numpy(_weights(name, variables[name])) for name, torch_name in names.items()}


def _weights(name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    """A copy; a kernel is [inputs, outputs] in TensorFlow and [outputs, inputs] in torch."""
    return np.array(values.T if name.endswith("/kernel") else values, np.float32, order="C")
