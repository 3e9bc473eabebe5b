"""A pre-trained encoder under a head for a task. Imports transformers: import it where a stage begins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
import transformers
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PretrainedConfig,
    PreTrainedModel,
)

from distilbeto.errors import UserError

HEADS = {
    "classification": AutoModelForSequenceClassification,
    "tagging": AutoModelForTokenClassification,
    "question_answering": AutoModelForQuestionAnswering,
}


class Headed(NamedTuple):
    """A model for a task, and which of its weights are random: the head, and the pooler if none was pre-trained."""

    model: PreTrainedModel
    random_weights: list[str]


def config_in(folder: Path, **changes: Any) -> PretrainedConfig:
    """The configuration in `folder`; keyword arguments replace parts of it."""
    return AutoConfig.from_pretrained(folder, local_files_only=True, **changes)


def add_head(folder: Path, kind: str, labels: Sequence[str], seed: int) -> Headed:
    """Load the encoder in `folder` under a head with random weights, the same for the same seed.

    Raises:
        UserError: the folder does not hold all weights of the encoder that its config.json describes.
    """
    transformers.set_seed(seed)
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}
    config = config_in(folder, **(names if labels else {}))
    model, found = _load(folder, kind, config=config, ignore_mismatched_sizes=True)
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


def load_finetuned(folder: Path, kind: str) -> PreTrainedModel:
    """Load a model that was saved with its head.

    Raises:
        UserError: weights are missing.
    """
    model, found = _load(folder, kind)
    if found["missing_keys"]:
        raise UserError(
            f"weights are missing: {', '.join(sorted(found['missing_keys']))}", where=folder / "model.safetensors"
        )
    return model


def _load(folder: Path, kind: str, **options: Any) -> tuple[PreTrainedModel, dict[str, Any]]:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    options |= {"local_files_only": True, "use_safetensors": True, "dtype": torch.float32, "output_loading_info": True}
    try:
        loaded: tuple[PreTrainedModel, dict[str, Any]] = HEADS[kind].from_pretrained(folder, **options)
    except SafetensorError:
        weights = folder / "model.safetensors"
        raise UserError("cut short or damaged", where=weights, remedy="Delete it and run again.") from None
    return loaded
