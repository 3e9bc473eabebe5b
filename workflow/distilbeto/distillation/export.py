"""The stage of export: from a state to a model folder for transformers and the Hub."""

import json
from collections.abc import Sequence
from pathlib import Path

from distilbeto.distillation.model_card import Segment, model_card
from distilbeto.distillation.optimization import load_weights
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import read_state
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.save import save_model, weights_of, write_tokenizer
from distilbeto.storage.files import read_json, write_text
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import load_tokenizer


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
        UserError: the state belongs to other settings or to another tokenizer, or the metrics are not those of all
            segments up to it.
    """
    stopwatch, loaded = Stopwatch(), load_tokenizer(tokenizer)
    plain_settings = settings.model_dump(mode="json")
    found = read_state(state, {"settings": plain_settings, "tokenizer": loaded.fingerprint})
    segments = sorted(map(read_segment, metrics), key=lambda segment: int(segment.closing["step"]))
    _assert_all_steps(segments, found.step, state)
    network = random_model(settings.architecture, loaded, settings.seed, found.inherited)
    load_weights(network, found)
    output.mkdir(parents=True, exist_ok=True)
    write_tokenizer(output, tokenizer, network.config)
    write_text(
        output / "README.md", model_card(model, plain_settings, segments, read_json(tokenizer / "manifest.json"))
    )
    save_model(
        output,
        model,
        weights_of(network),
        origin=f"student {student} at step {found.step} of {settings.steps}",
        tokenizer=loaded,
        settings=plain_settings,
        stopwatch=stopwatch,
    )


def read_segment(path: Path) -> Segment:
    """The metrics of a segment.

    Raises:
        UserError: the file is missing or truncated.
    """
    try:
        *steps, closing = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if isinstance(closing, dict) and "provenance" in closing:
            return Segment(steps, closing)
    except FileNotFoundError:
        raise UserError("file not found", where=path) from None
    except ValueError:
        pass
    raise UserError("not the metrics of a whole segment: the last line has no provenance", where=path)


def _assert_all_steps(segments: Sequence[Segment], step: int, state: Path) -> None:
    """Otherwise the model card would leave out a part of the training."""
    given = [line["step"] for segment in segments for line in segment.steps]
    if given and given[-1] != step:
        raise UserError(f"the state is at step {step}, the metrics end at {given[-1]}", where=state)
    missing = set(range(1, step + 1)).difference(given)
    if missing or len(given) != step:
        problem = f"lack step {min(missing)}" if missing else "have a step twice"
        remedy = "Give the metrics of each segment up to the state, and no others."
        raise UserError(f"the state is at step {step}, the metrics {problem}", where=state, remedy=remedy)
