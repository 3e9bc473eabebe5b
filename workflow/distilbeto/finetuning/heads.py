"""A pre-trained encoder under a head for a task. Imports transformers: import it where a stage begins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, assert_never

import transformers
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedModel,
)

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.models.families import family_of
from distilbeto.models.pretrained import config_in, load_pretrained


class Headed(NamedTuple):
    """A model for a task, and which of its weights are random: the head, and the pooler if none was pre-trained."""

    model: PreTrainedModel
    random_weights: list[str]


def add_head(folder: Path, kind: TaskKind, labels: Sequence[str], seed: int) -> Headed:
    """Load the encoder in `folder` under a head with random weights, the same for the same seed.

    Raises:
        UserError: the folder does not hold all weights of the encoder that its config.json describes, or they are
            damaged.
    """
    transformers.set_seed(seed)
    config = config_in(folder, **_outputs_of(kind, labels))
    head = _head_of(kind, config.model_type)
    model, found = load_pretrained(head, folder, config=config, ignore_mismatched_sizes=True)
    random_weights = sorted({*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])})
    prefix = f"{model.base_model_prefix}."
    lost = [name for name in random_weights if name.startswith(prefix) and not name.startswith(f"{prefix}pooler.")]
    if lost:
        raise UserError(
            f"weights of the encoder are missing or of another shape: {', '.join(lost)}",
            where=folder / "model.safetensors",
            remedy="Make the model again from its source.",
        )
    return Headed(model, random_weights)


def load_finetuned(folder: Path, kind: TaskKind) -> PreTrainedModel:
    """Load a model that was saved with its head.

    Raises:
        UserError: weights are missing or damaged.
    """
    config = config_in(folder)
    model, found = load_pretrained(_head_of(kind, config.model_type), folder, config=config)
    if found["missing_keys"]:
        raise UserError(
            f"weights are missing: {', '.join(sorted(found['missing_keys']))}", where=folder / "model.safetensors"
        )
    return model


def _head_of(kind: TaskKind, model_type: str) -> Any:
    """The class of transformers that puts a head for `kind` on an encoder; it then knows those of our own."""
    register_heads = family_of(model_type).register_heads
    if register_heads is not None:
        register_heads()
    match kind:
        case TaskKind.TOKEN_CLASSIFICATION:
            return AutoModelForTokenClassification
        case TaskKind.SEQUENCE_CLASSIFICATION | TaskKind.REGRESSION | TaskKind.MULTI_LABEL_CLASSIFICATION:
            return AutoModelForSequenceClassification
        case TaskKind.QUESTION_ANSWERING:
            return AutoModelForQuestionAnswering
        case _:
            assert_never(kind)


def _outputs_of(kind: TaskKind, labels: Sequence[str]) -> dict[str, Any]:
    """What the configuration of transformers says of a head: its labels; where a pipeline could not tell, its kind."""
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}
    match kind:
        case TaskKind.TOKEN_CLASSIFICATION | TaskKind.SEQUENCE_CLASSIFICATION:
            return names
        case TaskKind.QUESTION_ANSWERING:
            return {}
        case TaskKind.REGRESSION:
            return {"num_labels": 1, "problem_type": "regression"}
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            return names | {"problem_type": "multi_label_classification"}
        case _:
            assert_never(kind)
