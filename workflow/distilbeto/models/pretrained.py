"""Load a model of this workflow, pre-trained or fine-tuned, from its folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.storage.files import read_json

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

AGAIN = "Delete it and run again."


def config_in(folder: Path, **changes: Any) -> "PretrainedConfig":
    """The configuration in `folder`; keyword arguments replace parts of it.

    Raises:
        UserError: there is none, or it is no JSON.
    """
    from transformers import AutoConfig

    read_json(folder / "config.json")  # says what is wrong with it, and where
    return AutoConfig.from_pretrained(folder, local_files_only=True, **changes)


def load_pretrained(auto_class: Any, folder: Path, **options: Any) -> tuple["PreTrainedModel", dict[str, Any]]:
    """The model in `folder` in single precision, and which of its weights were missing, left over or of other shapes.

    `auto_class` is one of transformers.AutoModelFor...; `options` are those of its from_pretrained.

    Raises:
        UserError: a file is missing, is damaged or was cut short.
    """
    import torch
    import transformers
    from safetensors import SafetensorError

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    config, weights = options.pop("config", None) or config_in(folder), folder / "model.safetensors"
    if not weights.is_file():
        raise UserError("file not found", where=weights)
    try:
        loaded: tuple[PreTrainedModel, dict[str, Any]] = auto_class.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **options,
        )
    except SafetensorError:
        raise UserError("not a safetensors file, or cut short", where=weights, remedy=AGAIN) from None
    return loaded
