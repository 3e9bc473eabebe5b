"""The stage of a segment: check its inputs, train, write the next state and its metrics."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from distilbeto.corpus.counts import load_token_counts
from distilbeto.corpus.shards import open_shards
from distilbeto.distillation.evaluation import validate
from distilbeto.distillation.fingerprint import corpus_fingerprints, training_fingerprints
from distilbeto.distillation.ranks import ALONE, Ranks, failing_together, local_device
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import State, read_state, write_state
from distilbeto.distillation.teacher import require_teacher
from distilbeto.distillation.training import run_segment
from distilbeto.distillation.training_data import TrainingData, training_data
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.families import max_tokens
from distilbeto.storage.files import replacing
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Inputs(NamedTuple):
    """The files that a segment reads; `tokenizer` and `teacher` are folders."""

    tokenizer: Path
    shards: Sequence[Path]
    token_counts: Path
    teacher: Path | None
    state: Path


class SegmentSetup(NamedTuple):
    """The student, its state and its data; `record` holds what must stay the same in all segments of a training."""

    student: "PreTrainedModel"
    state: State
    data: TrainingData
    record: dict[str, Any]


def train_segment(
    settings: TrainingSettings, inputs: Inputs, end_step: int, output: Path, metrics: Path, *, ranks: Ranks = ALONE
) -> None:
    """Train from the state of `inputs` to `end_step`; write the state there and the metrics, one JSON object a line.

    Raises:
        UserError: before the first step if the inputs do not belong together; later if a loss or a gradient is not
            finite.
    """
    stopwatch = Stopwatch()
    with failing_together(ranks):
        student, state, data, record = _set_up(settings, inputs, end_step)
    first = state.step == 0
    state, lines = run_segment(student, state, end_step, data, settings, ranks=ranks)
    closing = {"step": end_step} | validate(student, data, ranks, with_teacher=first)
    lines.append(closing | _origin(record, stopwatch, student.device, ranks))
    with failing_together(ranks):
        if ranks.rank == 0:
            _write(output, state, record, metrics, lines)


def _set_up(settings: TrainingSettings, inputs: Inputs, end_step: int) -> SegmentSetup:
    """Load and check the inputs, and bring the models to their device."""
    device = local_device()
    tokenizer = load_tokenizer(inputs.tokenizer)
    teacher = require_teacher(inputs.teacher, settings, tokenizer)
    shard_set = open_shards(inputs.shards, tokenizer.fingerprint)
    counts = load_token_counts(inputs.token_counts, tokenizer.fingerprint)  # [vocab_size]
    data = training_data(settings, shard_set, counts, tokenizer, None if teacher is None else teacher.model)
    record = training_fingerprints(settings, tokenizer, teacher) | corpus_fingerprints(shard_set, counts)
    state = read_state(inputs.state, record)
    if not state.step < end_step <= settings.steps:
        raise UserError(
            f"the state is at step {state.step} of {settings.steps}, the segment cannot end at step {end_step}",
            where=inputs.state,
        )
    student = random_model(settings.architecture, tokenizer, settings.seed, state.inherited)
    _check_models(student, data)
    for model in (student, data.teacher):
        if model is not None:
            model.to(device)
            if settings.compile:
                compile_encoder(model)
    return SegmentSetup(student, state, data, record)


def compile_encoder(model: "PreTrainedModel") -> None:
    """Compile the encoder of `model` with torch.compile when it is first called.

    It is compiled once for all micro-batches of two sequences or more, and once for those of one. Its dropout draws
    other numbers than without compilation, from the same seeds.

    Raises:
        UserError: there is no C++ compiler.
    """
    compiler = os.environ.get("CXX", "g++")
    if shutil.which(compiler) is None:
        raise UserError(
            f"the student's setting compile needs the C++ compiler {compiler}, which is not there",
            remedy="Install it, or set compile to false.",
        )
    model.base_model.compile(dynamic=True)


def _check_models(student: "PreTrainedModel", data: TrainingData) -> None:
    longest = max(shard.metadata["longest"] for shard in data.shard_set.shards)
    for role, model in (("student", student), ("teacher", data.teacher)):
        if model is not None and longest > max_tokens(model.config):
            raise UserError(
                f"the corpus has a sequence of {longest} tokens, the {role} takes {max_tokens(model.config)}",
                remedy="Lower max_tokens of the corpus's `sequences`.",
            )
    if data.teacher is not None and "cosine" in data.objective.factors:
        sizes = student.config.hidden_size, data.teacher.config.hidden_size
        if sizes[0] != sizes[1]:
            raise UserError(
                f"the student's hidden size is {sizes[0]}, the teacher's {sizes[1]}: their cosine is not defined",
                remedy="Set losses.alpha_cos to 0, or give the student the teacher's hidden size.",
            )


def _origin(record: dict[str, Any], stopwatch: Stopwatch, device: torch.device, ranks: Ranks) -> dict[str, Any]:
    """The fingerprints of a segment's inputs, and its provenance."""
    on_gpu = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if on_gpu else "cpu"
    found = provenance(record["settings"], stopwatch, device=name) | {"processes": ranks.size}
    if on_gpu:
        found["peak_gpu_memory_mib"] = round(torch.cuda.max_memory_allocated(device) / 2**20, 1)
    return {"data": {key: value for key, value in record.items() if key != "settings"}, "provenance": found}


def _write(output: Path, state: State, record: dict[str, Any], metrics: Path, lines: Sequence[dict[str, Any]]) -> None:
    with replacing(metrics) as temporary:
        with temporary.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n" for line in lines)
        write_state(output, state, record)
