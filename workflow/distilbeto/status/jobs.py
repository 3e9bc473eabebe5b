"""The jobs of a run that take long: what each makes, and where it logs."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from distilbeto.corpus.plan import plan_files
from distilbeto.distillation.settings import StudentSettings
from distilbeto.errors import UserError
from distilbeto.plan import runs, search
from distilbeto.plan.config import Config
from distilbeto.plan.layout import Layout
from distilbeto.sources.local import known_sizes


class Job(NamedTuple):
    """`made` is written last of all that the job makes; `title` names it to a person."""

    stage: str
    title: str
    made: Path
    log: Path


def jobs_of(config: Config) -> list[Job]:
    """In the order in which they can run. Shards are left out as long as their number is not known."""
    results = Layout(config.results)
    stages = (_shards, _segments, _points, _finetunings, _tests)
    return [job for stage in stages for job in stage(config, results)]


def _job(stage: str, title: str, made: str, log: str, **wildcards: object) -> Job:
    """The job that `made` and `log`, two paths of the layout, are of with these wildcards."""
    return Job(stage, title, Path(made.format(**wildcards)), Path(log.format(**wildcards)))


def _shards(config: Config, results: Layout) -> Iterator[Job]:
    used = {(student.corpus, student.tokenizer) for student in _trained(config).values()}
    for corpus, tokenizer in sorted(used):
        settings = config.corpora[corpus]
        manifest = Path(results.source_manifest.format(source=settings.source))
        try:
            sizes = known_sizes(config.sources[settings.source], manifest)
            files = plan_files(settings, sizes, where=f"corpora.{corpus}", manifest=manifest)
        except UserError:
            continue
        for name, shard in ((file.name, f"{shard:04d}") for file in files for shard in range(file.shards)):
            place = {"corpus": corpus, "tokenizer": tokenizer, "file": name, "shard": shard}
            yield _job(f"shards of {corpus}", f"tokenize {name}-{shard}", results.shard, results.shard_log, **place)


def _segments(config: Config, results: Layout) -> Iterator[Job]:
    for student, settings in _trained(config).items():
        for step in settings.segment_ends():
            stage, title = f"segments of {student}", f"train {student} to step {step}"
            yield _job(stage, title, results.state, results.segment_log, student=student, step=f"{step:07d}")


def _points(config: Config, results: Layout) -> Iterator[Job]:
    for model, task in search.runs_to_search(config):
        for point in search.points_of_run(config, model, task):
            title, place = f"try {point} for {model} on {task}", {"model": model, "task": task, "point": point}
            yield _job("points of the search", title, results.point, results.point_log, **place)


def _finetunings(config: Config, results: Layout) -> Iterator[Job]:
    for model, task in dict.fromkeys((model, task) for model, task, _ in runs.scored_cells(config)):
        for seed in runs.seeds_of(config):
            title, place = f"fine-tune {model} on {task}, seed {seed}", {"model": model, "task": task, "seed": seed}
            yield _job("fine-tunings", title, results.run_record, results.finetuning_log, **place)


def _tests(config: Config, results: Layout) -> Iterator[Job]:
    for model, task, test in runs.scored_cells(config):
        for seed in runs.seeds_of(config):
            title = f"score {model} on {test}, trained on {task}, seed {seed}"
            place = {"model": model, "task": task, "seed": seed, "test": test}
            yield _job("scores", title, results.score, results.score_log, **place)


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
