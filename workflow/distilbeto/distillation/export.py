"""The stage of export: a state becomes a model as transformers and the Hub know it."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distilbeto.distillation.model_card import model_card
from distilbeto.distillation.optimization import load_weights
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import read_state
from distilbeto.errors import UserError
from distilbeto.files import replacing, write_text
from distilbeto.models.build import random_model
from distilbeto.models.save import Weights, save_model
from distilbeto.provenance import Stopwatch
from distilbeto.tokenizer import load_tokenizer

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")


def export_student(
    student: str,
    model: str,
    settings: TrainingSettings,
    *,
    tokenizer: Path,
    state: Path,
    metrics: Sequence[Path],
    output: Path,
) -> None:
    """Write the student in `state` to `output`: tokenizer, model card, weights, configuration, and the manifest last.

    Raises:
        UserError: the state belongs to other settings or to another tokenizer, or the metrics to another state.
    """
    stopwatch, loaded = Stopwatch(), load_tokenizer(tokenizer)
    plain_settings = settings.model_dump(mode="json")
    found = read_state(state, {"settings": plain_settings, "tokenizer": loaded.fingerprint})
    last_lines = sorted((_last_line(path) for path in metrics), key=lambda line: int(line["step"]))
    if not last_lines or last_lines[-1]["step"] != found.step:
        steps = last_lines[-1]["step"] if last_lines else "nothing"
        raise UserError(f"the state is at step {found.step}, the metrics end at {steps}", where=state)
    network = random_model(settings.architecture, loaded, settings.seed)
    load_weights(network, found)
    network.config.architectures = [type(network).__name__]
    output.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        with replacing(output / name) as temporary:
            shutil.copyfile(tokenizer / name, temporary)
    write_text(output / "README.md", model_card(model, plain_settings, found.step, last_lines))
    save_model(
        output,
        model,
        Weights(network.config, network.state_dict()),
        origin=f"student {student} at step {found.step} of {settings.steps}",
        tokenizer=loaded,
        settings=plain_settings,
        stopwatch=stopwatch,
    )


def _last_line(path: Path) -> dict[str, Any]:
    """The closing record of a segment's metrics: validation, data, provenance."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        record = json.loads(lines[-1])
        if isinstance(record, dict) and "provenance" in record:
            return record
    except FileNotFoundError:
        raise UserError("file not found", where=path) from None
    except (IndexError, ValueError):
        pass
    raise UserError("not the metrics of a whole segment: the last line has no provenance", where=path)
