"""What a fine-tuning is made from, and the folder that it makes: weights, configuration, and run.json, its record."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distilbeto.finetuning.collapse import collapse_of
from distilbeto.finetuning.development import metric_of
from distilbeto.finetuning.settings import RunSettings
from distilbeto.glues.features import Features
from distilbeto.models.build import shape_of
from distilbeto.models.save import untied
from distilbeto.storage.files import replacing, write_json, write_text
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, TrainerState, TrainingArguments

    from distilbeto.finetuning.heads import Headed


THRESHOLD, CONSTANT = "eval_threshold", "eval_constant"  # of an epoch, in the log that Trainer keeps


class Run(NamedTuple):
    """What a fine-tuning is made from; `code` is a digest of the code that does it."""

    model: str
    task: str
    seed: int
    model_folder: Path
    tokenizer: LoadedTokenizer
    train: Path
    dev: Path
    dev_examples: Path
    settings: RunSettings
    code: str


class Trained(NamedTuple):
    """The weights of the kept epoch, and how Trainer came to them."""

    headed: "Headed"
    arguments: "TrainingArguments"
    state: "TrainerState"


def save_run(
    run: Run,
    trained: Trained,
    features: tuple[Features, Features],
    *,
    attempts: Sequence[dict[str, Any]],
    restarts: int,
    stopwatch: Stopwatch,
    output: Path,
) -> None:
    """Write the weights and their configuration, and run.json last: where it is, the folder is whole."""
    output.mkdir(parents=True, exist_ok=True)
    (output / "run.json").unlink(missing_ok=True)
    _save_model(trained.headed.model, output)
    record = run_record(run, trained, features, restarts=restarts, stopwatch=stopwatch)
    write_json(output / "run.json", record | ({"attempts": attempts} if len(attempts) > 1 else {}))


def run_record(
    run: Run, trained: Trained, features: tuple[Features, Features], *, restarts: int, stopwatch: Stopwatch
) -> dict[str, Any]:
    """How a run went: all but its weights. No epoch of a run that diverged is kept, and it has no score."""
    train, dev = features
    return {
        "model": run.model,
        "task": run.task,
        "seed": run.seed,
        "architecture": shape_of(trained.headed.model.config),
        "tokenizer": run.tokenizer.fingerprint,
        "hyperparameters": _as_run(run.settings, trained.arguments),
        "epochs": epochs_of(trained.state.log_history),
        **outcome_of(trained, run.settings),
        "examples": train.metadata["counts"]["examples"],
        "sequences": len(train.lengths()),
        "restarts": restarts,
        "random_weights": trained.headed.random_weights,
        "features": {part.path.name: part.metadata["arrays_sha256"] for part in (train, dev)},
        "unknown_share": {part.path.name: part.metadata["unknown_share"] for part in (train, dev)},
        "provenance": provenance(run.settings.model_dump(), stopwatch, device=_device(trained.arguments)),
    }


def outcome_of(trained: Trained, settings: RunSettings) -> dict[str, Any]:
    """How a training ended: the kept epoch, its development score, whether it collapsed, seconds and steps."""
    log, metric = trained.state.log_history, metric_of(settings)
    kept = kept_epoch(epochs_of(log), settings.selection, metric) if _converged(log) else None
    score = kept["dev_metrics"][metric] if kept else None
    constant = bool(kept and kept.get("constant_predictions"))
    return {
        "kept_epoch": kept["epoch"] if kept else None,
        "development": {
            "loss": kept["dev_loss"] if kept else None,
            "metric": metric,
            "score": score,
            **({"threshold": kept["threshold"]} if kept and "threshold" in kept else {}),
        },
        "collapsed": collapse_of(score, settings.collapse, constant=constant),
        "train_seconds": round(log[-1]["train_seconds"], 3),
        "steps": trained.state.global_step,
    }


def epochs_of(log_history: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Losses and development metrics of each epoch whose losses are numbers, from the log that Trainer keeps."""
    train = {round(entry["epoch"]): entry["loss"] for entry in log_history if "loss" in entry}
    return [
        {
            "epoch": round(entry["epoch"]),
            "train_loss": train[round(entry["epoch"])],
            "dev_loss": entry["eval_loss"],
            "dev_metrics": _metrics_of(entry),
            **({"threshold": entry[THRESHOLD]} if THRESHOLD in entry else {}),
            **({"constant_predictions": True} if CONSTANT in entry else {}),
        }
        for entry in log_history
        if math.isfinite(entry.get("eval_loss", math.nan)) and math.isfinite(train[round(entry["epoch"])])
    ]


def kept_epoch(epochs: Sequence[dict[str, Any]], selection: str, metric: str) -> dict[str, Any]:
    """The epoch of the lowest development loss or of the highest metric, the first of equals; or the last."""
    if selection == "lowest_loss":
        return min(epochs, key=lambda epoch: epoch["dev_loss"])
    return max(epochs, key=lambda epoch: epoch["dev_metrics"][metric]) if selection == "metric" else epochs[-1]


def _metrics_of(entry: dict[str, Any]) -> dict[str, float]:
    names = (name for name in entry if name.startswith("eval_") and name not in ("eval_loss", THRESHOLD, CONSTANT))
    return {name.removeprefix("eval_"): entry[name] for name in names}


def _converged(log_history: Sequence[dict[str, Any]]) -> bool:
    losses = (entry[name] for entry in log_history for name in ("loss", "eval_loss") if name in entry)
    return all(map(math.isfinite, losses))


def precision_of(arguments: "TrainingArguments") -> str:
    return "bf16" if arguments.bf16 else "fp16" if arguments.fp16 else "fp32"


def _as_run(settings: RunSettings, arguments: "TrainingArguments") -> dict[str, Any]:
    micro_batch, accumulation_steps = arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps
    return {
        **settings.hyperparameters.model_dump(exclude_none=True),
        "learning_rate": arguments.learning_rate,  # an attempt after a collapse may have another
        "micro_batch": micro_batch,
        "gradient_accumulation_steps": accumulation_steps,
        "effective_batch": micro_batch * accumulation_steps,
        "precision": precision_of(arguments),
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
