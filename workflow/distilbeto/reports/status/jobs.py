"""The jobs of a run that take long: what each makes, and where it logs. The paths are those of rules/."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distilbeto.corpus.plan import plan_files
from distilbeto.distillation.settings import StudentSettings
from distilbeto.errors import UserError
from distilbeto.plan import runs, search
from distilbeto.plan.config import Config
from distilbeto.sources.local import known_sizes


class Job(NamedTuple):
    """`made` is written last of all that the job makes; `title` names it to a person."""

    stage: str
    title: str
    made: Path
    log: Path


def jobs_of(config: Config) -> list[Job]:
    """In the order in which they can run. Shards are left out as long as their number is not known."""
    return [*_shards(config), *_segments(config), *_points(config), *_finetunings(config), *_tests(config)]


def _shards(config: Config) -> Iterator[Job]:
    results = Path(config.results)
    used = {(student.corpus, student.tokenizer) for student in _trained(config).values()}
    for corpus, tokenizer in sorted(used):
        settings = config.corpora[corpus]
        manifest = results / "sources" / f"{settings.source}.json"
        try:
            sizes = known_sizes(config.sources[settings.source], manifest)
            files = plan_files(settings, sizes, where=f"corpora.{corpus}", manifest=manifest)
        except UserError:
            continue
        for name in (f"{file.name}-{shard:04d}" for file in files for shard in range(file.shards)):
            folder = f"{corpus}/{tokenizer}/{name}"
            made, log = results / f"corpus/{folder}.safetensors", results / f"logs/tokenize_shard/{folder}.log"
            yield Job(f"shards of {corpus}", f"tokenize {name}", made, log)


def _segments(config: Config) -> Iterator[Job]:
    results = Path(config.results)
    for student, settings in _trained(config).items():
        for step in settings.segment_ends():
            made = results / f"students/{student}/step-{step:07d}.safetensors"
            log = results / f"logs/distil_segment/{student}/{step:07d}.log"
            yield Job(f"segments of {student}", f"train {student} to step {step}", made, log)


def _points(config: Config) -> Iterator[Job]:
    results = Path(config.results)
    for model, task in search.runs_to_search(config):
        for point in search.points_of_run(config, model, task):
            place = f"{model}/{task}/{point}"
            made, log = results / f"search/{place}.json", results / f"logs/search_point/{place}.log"
            yield Job("points of the search", f"try {point} for {model} on {task}", made, log)


def _finetunings(config: Config) -> Iterator[Job]:
    results = Path(config.results)
    for model, task in dict.fromkeys((model, task) for model, task, _ in runs.scored_cells(config)):
        for seed in runs.seeds_of(config):
            place = f"{model}/{task}/seed-{seed}"
            made, log = results / f"finetuned/{place}/run.json", results / f"logs/finetune/{place}.log"
            yield Job("fine-tunings", f"fine-tune {model} on {task}, seed {seed}", made, log)


def _tests(config: Config) -> Iterator[Job]:
    results = Path(config.results)
    for model, task, test in runs.scored_cells(config):
        for seed in runs.seeds_of(config):
            place = f"{model}/{task}/seed-{seed}/{test}"
            made, log = results / f"scores/{place}.json", results / f"logs/score/{place}.log"
            yield Job("scores", f"score {model} on {test}, trained on {task}, seed {seed}", made, log)


def _trained(config: Config) -> dict[str, StudentSettings]:
    """The students behind the tables, and those that are their teachers."""
    found: set[str] = set()
    pending = [model for model, _, _ in runs.scored_cells(config)]
    while pending:
        student = config.models[pending.pop()].student
        if student is not None and student not in found:
            found.add(student)
            teacher = config.students[student].teacher
            pending += [] if teacher is None else [teacher]
    return {name: settings for name, settings in config.students.items() if name in found}
