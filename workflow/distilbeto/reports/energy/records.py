"""The energy of jobs, read from the records beside their logs."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.job.energy.meter import SUFFIX

JOULES_IN_A_KWH = 3.6e6
STAGES = {
    "data": ("fetch", "generate_miniature", "read_examples", "draw_examples", "encode"),
    "corpus": ("prepare_tokenizer", "tokenize_shard", "count_tokens"),
    "models": ("convert_model", "random_model"),
    "distillation": ("initialize_student", "distil_segment", "export_student"),
    "search": ("search_point", "choose_hyperparameters"),
    "finetuning": ("finetune", "export_finetuned"),
    "tests": ("predict", "score"),
    "latency": ("time_inference", "export_onnx", "time_onnx", "predict_onnx", "score_onnx"),
    "tables": ("tabulate_data_sets", "assemble_tables"),  # what is drawn from them may run while this is summed
}


class Spent(NamedTuple):
    """Recorded energy, in seconds and kWh; `gpu` is None where a GPU had no counter.

    `estimated`: the seconds of the processor whose kWh follow from the settings' watts, for want of a counter.
    """

    tries: int
    seconds: float
    cpu_seconds: float
    estimated: float
    processor: float
    gpu: float | None


class Job(NamedTuple):
    """A job over all of its tries; without a record, nothing is known of it."""

    name: str
    stage: str
    spent: Spent | None


def read_jobs(logs: Path, watts_per_core: float) -> list[Job]:
    """Every job of a stage that has a log in the folder, in the order of its path.

    Raises:
        UserError: a record is damaged.
    """
    stages = {rule: stage for stage, rules in STAGES.items() for rule in rules}
    jobs = []
    for log in sorted(logs.rglob("*.log")):
        name = log.relative_to(logs).with_suffix("")
        stage = stages.get(name.parts[0])
        if stage:
            lines = list(_lines(log.with_suffix(SUFFIX)))
            jobs.append(Job(str(name), stage, spent_in(lines, watts_per_core) if lines else None))
    return jobs


def spent_in(lines: Sequence[dict[str, Any]], watts_per_core: float) -> Spent:
    """The sum of a job's lines: of its tries, and of the processes that trained together in them."""
    guessed = [line["cpu_seconds"] if line["processor_joules"] is None else 0.0 for line in lines]
    processor = sum(line["processor_joules"] or 0.0 for line in lines) + watts_per_core * sum(guessed)
    gpus = [line["gpu_joules"] for line in lines]
    return Spent(
        tries=sum(line["rank"] is None for line in lines),
        seconds=sum(line["seconds"] for line in lines),
        cpu_seconds=sum(line["cpu_seconds"] for line in lines),
        estimated=sum(guessed),
        processor=processor / JOULES_IN_A_KWH,
        gpu=None if None in gpus else sum(gpus) / JOULES_IN_A_KWH,
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            if {"rank", "seconds", "cpu_seconds", "processor_joules", "gpu_joules"} <= set(line):
                yield line
                continue
        except ValueError:
            pass
        raise UserError(
            "no record of energy", where=path, line=number, remedy="Delete the line: it counts in sums only."
        )
