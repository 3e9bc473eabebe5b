"""The stage of a segment: check all that it stands on, train, write the next state and its metrics."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from distilbeto.corpus.counts import load_token_counts
from distilbeto.corpus.shards import open_shards
from distilbeto.distillation.compilation import compile_encoder, not_compiled
from distilbeto.distillation.evaluation import MASKED_LM, evaluate
from distilbeto.distillation.fingerprint import corpus_record, training_record
from distilbeto.distillation.masking import target_sampler
from distilbeto.distillation.objective import objective_of
from distilbeto.distillation.order import split_corpus
from distilbeto.distillation.ranks import ALONE, Ranks, failing_together, local_device
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import State, read_state, write_state
from distilbeto.distillation.teacher import Teacher, require_teacher
from distilbeto.distillation.training import run_segment
from distilbeto.distillation.training_data import Lessons, validation_batch, with_all_targets
from distilbeto.errors import UserError
from distilbeto.models.build import random_model
from distilbeto.models.families import max_tokens
from distilbeto.storage.files import replacing
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Inputs(NamedTuple):
    """The files that a segment reads; the teacher's is a folder."""

    tokenizer: Path
    shards: Sequence[Path]
    token_counts: Path
    teacher: Path | None
    state: Path


class Course(NamedTuple):
    """What a segment trains, from which state, with what, and the record of all that the chain must keep."""

    student: "PreTrainedModel"
    state: State
    lessons: Lessons
    record: dict[str, Any]


def train_segment(
    settings: TrainingSettings, inputs: Inputs, end_step: int, output: Path, metrics: Path, *, ranks: Ranks = ALONE
) -> None:
    """Go on from the state of `inputs` to `end_step`; write the state and, one JSON object a line, the metrics.

    Raises:
        UserError: before the first step if anything does not belong together; later if a loss or a gradient is not
            finite.
    """
    stopwatch = Stopwatch()
    with failing_together(ranks):
        student, state, lessons, record = _prepare(settings, inputs, end_step)
    first = state.step == 0
    state, lines = run_segment(student, state, end_step, lessons, settings, ranks=ranks)
    closing = {"step": end_step} | _validate(student, lessons, ranks, with_teacher=first)
    lines.append(closing | _origin(record, stopwatch, student.device, ranks))
    with failing_together(ranks):
        if ranks.rank == 0:
            _write(output, state, record, metrics, lines)


def _prepare(settings: TrainingSettings, inputs: Inputs, end_step: int) -> Course:
    """Check all that a segment stands on, and bring its models to their device."""
    device = local_device()
    tokenizer = load_tokenizer(inputs.tokenizer)
    teacher = require_teacher(inputs.teacher, settings, tokenizer)
    lessons, record = _lessons(settings, inputs, tokenizer, teacher)
    state = read_state(inputs.state, record)
    if not state.step < end_step <= settings.steps:
        raise UserError(
            f"the state is at step {state.step} of {settings.steps}, the segment cannot end at step {end_step}",
            where=inputs.state,
        )
    student = random_model(settings.architecture, tokenizer, settings.seed)
    _check_models(student, lessons)
    for model in (student, lessons.teacher):
        if model is not None:
            model.to(device)
            if settings.compile:
                compile_encoder(model)
    return Course(student, state, lessons, record)


def _lessons(
    settings: TrainingSettings, inputs: Inputs, tokenizer: LoadedTokenizer, teacher: Teacher | None
) -> tuple[Lessons, dict[str, Any]]:
    """All that is learned from, and the record of it."""
    shard_set = open_shards(inputs.shards, tokenizer.fingerprint)
    counts = load_token_counts(inputs.token_counts, tokenizer.fingerprint)
    lessons = Lessons(
        shard_set,
        split_corpus(int(shard_set.starts[-1]), settings.validation_sequences, settings.seed),
        target_sampler(settings.masking, counts, tokenizer, settings.seed),
        objective_of(settings.losses, has_teacher=teacher is not None),
        None if teacher is None else teacher.model,
        tokenizer.pad,
        settings.micro_batch_tokens,
    )
    return lessons, training_record(settings, tokenizer, teacher) | corpus_record(shard_set, counts)


def _check_models(student: "PreTrainedModel", lessons: Lessons) -> None:
    longest = max(shard.metadata["longest"] for shard in lessons.shard_set.shards)
    for role, model in (("student", student), ("teacher", lessons.teacher)):
        if model is not None and longest > max_tokens(model.config):
            raise UserError(
                f"the corpus has a sequence of {longest} tokens, the {role} takes {max_tokens(model.config)}",
                remedy="Lower max_tokens of the corpus's `sequences`.",
            )
    if lessons.teacher is not None and "cosine" in lessons.objective.factors:
        sizes = student.config.hidden_size, lessons.teacher.config.hidden_size
        if sizes[0] != sizes[1]:
            raise UserError(
                f"the student's hidden size is {sizes[0]}, the teacher's {sizes[1]}: their cosine is not defined",
                remedy="Set losses.alpha_cos to 0, or give the student the teacher's hidden size.",
            )


def _validate(student: "PreTrainedModel", lessons: Lessons, ranks: Ranks, *, with_teacher: bool) -> dict[str, Any]:
    if lessons.split.validation == 0:
        return {}
    with failing_together(ranks):
        batch = validation_batch(lessons, ranks)
    batch = with_all_targets(batch, ranks)
    with not_compiled():
        found = {"validation": evaluate(lessons.objective, student, lessons.teacher, batch, ranks)}
        if with_teacher and lessons.teacher is not None:
            found["teacher_validation"] = evaluate(MASKED_LM, lessons.teacher, None, batch, ranks)
    return found


def _origin(record: dict[str, Any], stopwatch: Stopwatch, device: torch.device, ranks: Ranks) -> dict[str, Any]:
    """What the segment was made from, and where."""
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
