"""The status of a run as a person reads it."""

from collections.abc import Iterator, Sequence

from distilbeto.status.states import STATES, Progress, State

SHOWN = 8  # running, collapsed and failed jobs that are shown each
COLLAPSES = {"constant": "the same prediction everywhere", "below_floor": "below finetuning.collapse.floor"}


def view(jobs: Sequence[Progress], command: str) -> str:
    """A table of the stages; what runs, with its time left; what collapsed; what failed, with the end of its log; how
    to go on."""
    failed = _in_state(jobs, "failed")
    lines = [*_table(jobs), *_running(_in_state(jobs, "running")), *_collapsed(jobs), *_failed(failed)]
    if len(_in_state(jobs, "done")) < len(jobs):
        lines += ["", f"Once it is not running any more, the same command goes on:  {command}"]
    return "\n".join(lines)


def work_left(jobs: Sequence[Progress]) -> float | None:
    """Seconds of one job after another: what runs says itself; what waits takes what is done took on average."""
    taken = [job.seconds for job in jobs if job.state == "done" and job.seconds is not None]
    mean = sum(taken) / len(taken) if taken else None
    open_jobs = [job for job in jobs if job.state != "done"]
    each = [job.seconds if job.state == "running" and job.seconds is not None else mean for job in open_jobs]
    known = [seconds for seconds in each if seconds is not None]
    return sum(known) if len(known) == len(each) else None


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `5.3 h`, `3.1 days`."""
    for unit, size in (("days", 86400), ("h", 3600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def _table(jobs: Sequence[Progress]) -> Iterator[str]:
    stages = list(dict.fromkeys(job.job.stage for job in jobs))
    width = max(map(len, stages), default=0)
    yield " " * width + "".join(f"{state:>9}" for state in STATES) + "   work left"
    for stage in stages:
        of_stage = [job for job in jobs if job.job.stage == stage]
        counts = "".join(f"{len(_in_state(of_stage, state)):>9}" for state in STATES)
        left = work_left(of_stage)
        yield f"{stage:<{width}}{counts}   {'?' if left is None else duration(left) if left else '-'}"


def _running(jobs: Sequence[Progress]) -> Iterator[str]:
    if jobs:
        yield "\nrunning:"
    for job in jobs[:SHOWN]:
        yield f"  {job.job.title}" + ("" if job.seconds is None else f": {duration(job.seconds)} left")
    yield from _more(jobs)


def _collapsed(jobs: Sequence[Progress]) -> Iterator[str]:
    found = [job for job in jobs if job.collapsed]
    if found:
        yield "\ncollapsed (docs/finetuning.md):"
    for job in found[:SHOWN]:
        yield f"  {job.job.title}: {COLLAPSES.get(str(job.collapsed), job.collapsed)}"
    yield from _more(found)


def _failed(jobs: Sequence[Progress]) -> Iterator[str]:
    if jobs:
        yield "\nfailed, or ended without a word (a job that may be tried again is submitted again by itself):"
    for job in jobs[:SHOWN]:
        yield f"  {job.job.title}: {job.job.log}"
        yield from (f"    {line}" for line in job.last_lines)
    yield from _more(jobs)


def _more(jobs: Sequence[Progress]) -> Iterator[str]:
    if len(jobs) > SHOWN:
        yield f"  ... and {len(jobs) - SHOWN} more"


def _in_state(jobs: Sequence[Progress], state: State) -> list[Progress]:
    return [job for job in jobs if job.state == state]
