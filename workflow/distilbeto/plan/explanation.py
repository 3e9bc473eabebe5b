"""What would run again, by stage, and why, in words."""

import datetime
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.plan.records import Difference

# What a plan is asked for again; a folder of results that was copied from elsewhere names no program to run.
ASKED = ("--configfile", "--configfiles", "--config", "--allowed-rules")
NAMED = 3  # files or settings that are named; of more, their number


class Job(NamedTuple):
    """A job that would run. `made` is when its result was made, in seconds since 1970; None where there is none.

    `wildcards` are those in which the jobs of its stage differ.
    `code` are the identities of the code before and now, where it has changed and that is not accepted; `files` are
    those that differ, None where it is not known which.
    """

    stage: str
    wildcards: Mapping[str, str]
    made: float | None = None
    code: tuple[str, str] | None = None
    files: Sequence[str] | None = None
    settings: Mapping[str, Difference] = {}
    inputs: bool = False  # other input files than before
    newer: Sequence[str] = ()  # input files that have changed since
    forced: bool = False


class Plan(NamedTuple):
    """The jobs that would run, in the order of the stages.

    `results` is their folder.
    `unrecorded`: how many of each stage are kept though no record says what code made them. `behind_tables`: the stages
    that the tables rest on; results of these can be accepted.
    """

    results: str
    jobs: Sequence[Job]
    unrecorded: Mapping[str, int]
    behind_tables: Sequence[str]

    def changed_code(self) -> list[tuple[str, str, str]]:
        """(stage, code before, code now) of all results that can be accepted, each once."""
        found = ((job.stage, *job.code) for job in self.jobs if job.code and job.stage in self.behind_tables)
        return list(dict.fromkeys(found))


def asked_for(command: str) -> list[str]:
    """Of a command of Snakemake its configuration and its targets, alone: what it forced is no reason to run again.

    Raises:
        UserError: it is no command.
    """
    try:
        words = shlex.split(command)[1:]
    except (ValueError, AttributeError):
        raise UserError(f"no command of snakemake: {command!r}", remedy="Give its arguments after --.") from None
    end = words.index("--") if "--" in words else len(words)
    targets, kept, option = words[end + 1 :], [], ""
    for word in words[:end]:
        if word.startswith("-"):
            option = word.partition("=")[0]
        if option in ASKED:
            kept.append(word)
        elif not option:
            targets.append(word)
    return [*kept, *(["--", *targets] if targets else [])]


def explain(plan: Plan, accept: str) -> str:
    """Lines such as `distil_segment 88: distillation/objective.py changed since 3 Nov`.

    `accept` is the command that accepts, without its stage and reason.
    """
    lines = []
    for stage, group in groupby(plan.jobs, key=lambda job: job.stage):
        by_reason: dict[str, list[Job]] = {}
        for job in group:
            by_reason.setdefault(why(job), []).append(job)
        for reason, alike in by_reason.items():
            of = [f"{name} {value}" for name, value in _shared(job.wildcards for job in alike).items()]
            lines.append(f"{stage} {len(alike)}" + (f" ({', '.join(of)})" if of else "") + f": {reason}")
    lines = ["Would run:", *(f"  {line}" for line in lines)] if lines else ["Nothing would run."]
    lines += _advice(plan, accept)
    if plan.unrecorded:
        counts = ", ".join(f"{stage} {count}" for stage, count in plan.unrecorded.items())
        lines += [
            "",
            f"Kept without a record of what code made them, since the settings they carry are today's: {counts}.",
        ]
    return "\n".join(lines) + "\n"


def why(job: Job) -> str:
    """Why a job would run, in words."""
    if job.made is None:
        return "not made yet"
    reasons = ["asked for, or left unfinished"] if job.forced else []
    reasons += [_code(job)] if job.code else []
    reasons += list(_settings(job.settings))
    reasons += [f"{_some(list(job.newer))} changed"] if job.newer else []
    reasons += ["its input files are others"] if job.inputs else []
    return "; ".join(reasons) or "what it is made from is made again"


def _code(job: Job) -> str:
    since = f"{datetime.datetime.fromtimestamp(job.made or 0):%-d %b %Y}"
    if job.files is None:
        return f"its code changed since {since} (in which files is not on record)"
    return f"{_some(job.files)} changed since {since}" if job.files else f"its command changed since {since}"


def _settings(settings: Mapping[str, Difference]) -> Iterator[str]:
    if len(settings) > NAMED:
        yield f"{len(settings)} settings changed: {', '.join(list(settings)[:NAMED])} ..."
        return
    for place, (before, now) in settings.items():
        short = max(len(str(before)), len(str(now))) <= 40
        yield f"{place} changed from {_value(before)} to {_value(now)}" if short else f"{place} changed"


def _value(value: Any) -> str:
    return f"{value}" if value != "" else "nothing"


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _shared(wildcards: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The wildcards that all of them have in common."""
    first, *others = wildcards
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _advice(plan: Plan, accept: str) -> list[str]:
    stages = list(dict.fromkeys(stage for stage, _, _ in plan.changed_code()))
    if not stages:
        return []
    others = f"\n  STAGE: {', '.join(stages)}; or all of them: all" if len(stages) > 1 else ""
    head = "To keep the results of a stage although its code changed, say why that cannot matter:"
    return ["", f'{head}\n  {accept} STAGE={stages[0]} REASON="..."{others}']
