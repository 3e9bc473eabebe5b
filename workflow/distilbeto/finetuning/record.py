"""The folder of a fine-tuned model: weights, configuration, and run.json, which says how it was trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distilbeto.files import replacing, write_json, write_text
from distilbeto.finetuning.settings import RunSettings
from distilbeto.glues.features import Features
from distilbeto.models.build import shape_of
from distilbeto.models.save import untied
from distilbeto.provenance import Stopwatch, provenance

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainerState, TrainingArguments

    from distilbeto.finetuning.heads import Headed
    from distilbeto.finetuning.run import Run


class Trained(NamedTuple):
    """The selected weights, and how Trainer came to them."""

    headed: "Headed"
    arguments: "TrainingArguments"
    state: "TrainerState"


def save_run(
    run: "Run",
    trained: Trained,
    features: tuple[Features, Features],
    *,
    restarts: int,
    stopwatch: Stopwatch,
    output: Path,
) -> None:
    """Write the weights and their configuration, and run.json last: where it is, the folder is whole."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "run.json").unlink(missing_ok=True)
    _save_model(trained.headed.model, output)
    train, dev = features
    history = epochs_of(trained.state.log_history)
    record = {
        "model": run.model,
        "task": run.task,
        "seed": run.seed,
        "architecture": shape_of(trained.headed.model.config),
        "tokenizer": run.tokenizer.fingerprint,
        "hyperparameters": _as_run(run.settings, trained.arguments),
        "history": history,
        "selected_epoch": selected_epoch(history, run.settings.selection),
        "train_seconds": round(trained.state.log_history[-1]["train_seconds"], 3),
        "examples": train.metadata["counts"]["examples"],
        "sequences": len(train.lengths()),
        "steps": trained.state.global_step,
        "restarts": restarts,
        "random_weights": trained.headed.random_weights,
        "features": {part.path.name: part.metadata["arrays_sha256"] for part in (train, dev)},
        "provenance": provenance(run.settings.model_dump(), stopwatch, device=_device(trained.arguments)),
    }
    write_json(output / "run.json", record)


def epochs_of(log_history: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """Training and validation loss of each epoch, from the log that Trainer keeps."""
    train = {round(entry["epoch"]): entry["loss"] for entry in log_history if "loss" in entry}
    dev = {round(entry["epoch"]): entry["eval_loss"] for entry in log_history if "eval_loss" in entry}
    return [{"epoch": epoch, "train_loss": train[epoch], "dev_loss": dev[epoch]} for epoch in sorted(dev)]


def selected_epoch(history: Sequence[dict[str, float]], selection: str) -> int:
    """The epoch of the lowest validation loss, the first of equals; or the last."""
    chosen = min(history, key=lambda entry: entry["dev_loss"]) if selection == "lowest_loss" else history[-1]
    return int(chosen["epoch"])


def _as_run(settings: RunSettings, arguments: "TrainingArguments") -> dict[str, Any]:
    micro_batch, accumulation = arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps
    return {
        **settings.hyperparameters.model_dump(),
        "micro_batch": micro_batch,
        "accumulation": accumulation,
        "effective_batch": micro_batch * accumulation,
        "precision": "bf16" if arguments.bf16 else "fp16" if arguments.fp16 else "fp32",
    }


def _device(arguments: "TrainingArguments") -> str:
    import torch

    return torch.cuda.get_device_name(arguments.device) if arguments.device.type == "cuda" else arguments.device.type


def _save_model(model: "PreTrainedModel", folder: Path) -> None:
    from safetensors.torch import save_file

    model.config.architectures = [type(model).__name__]
    with replacing(folder / "model.safetensors") as temporary:
        save_file(untied(model.state_dict()), temporary, metadata={"format": "pt"})
    write_text(folder / "config.json", model.config.to_json_string())
