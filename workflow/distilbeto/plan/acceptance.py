"""Results kept although the code of their stage has changed: a person's decision, on record in accepted.json."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError
from distilbeto.plan.explanation import Plan
from distilbeto.plan.layout import Layout
from distilbeto.storage.files import read_json, write_json

ALL = "all"


class Acceptance(NamedTuple):
    """Results of `stage` made by code `old` count as made by code `new` (identities: plan/records.py)."""

    stage: str
    old: str
    new: str
    date: str
    reason: str


def read_accepted(path: Path) -> list[Acceptance]:
    """All decisions about the results beside `path`, in the order in which they were taken.

    Raises:
        UserError: the file is damaged.
    """
    if not path.exists():
        return []
    try:
        return [Acceptance(**entry) for entry in read_json(path)]
    except TypeError:
        remedy = "Delete it, or the entry that is wrong: what it accepted runs again."
        raise UserError(f"no list of {', '.join(Acceptance._fields)}", where=path, remedy=remedy) from None


def accept(results: Path, stage: str, plan: Plan, *, reason: str, date: str) -> list[str]:
    """Accept what the changed code of `stage` made stale (of every stage: `all`); returns the stages accepted.

    Only the code of today is accepted, and only in place of the code that made the results.

    Raises:
        UserError: no reason is given, the plan is of other results, or the code of `stage` has made nothing stale.
    """
    if Path(plan.results).resolve() != results.resolve():
        remedy = f"Name the same folder: make accept RESULTS={plan.results}"
        raise UserError(f"the plan is of the results in {plan.results}", where=results, remedy=remedy)
    if not reason.strip():
        raise UserError("no reason given", remedy='Say in REASON="..." why the change cannot matter.')
    changed = plan.changed_code()
    stages = list(dict.fromkeys(name for name, _, _ in changed))
    chosen = stages if stage == ALL else [name for name in stages if name == stage]
    if not chosen:
        remedy = (
            f"Its code has changed: {', '.join(stages)}."
            if stages
            else "No stage behind the tables is stale by its code."
        )
        raise UserError(f"stage {stage}: no result is stale because its code has changed", remedy=remedy)
    added = [Acceptance(*entry, date=date, reason=reason) for entry in changed if entry[0] in chosen]
    replaced = {(entry.stage, entry.old) for entry in added}
    path = Path(Layout(str(results)).accepted)
    kept = [entry for entry in read_accepted(path) if (entry.stage, entry.old) not in replaced]
    write_json(path, [entry._asdict() for entry in [*kept, *added]])
    return chosen


def stages_in_use(accepted: Iterable[Acceptance], made: Iterable[tuple[str, str]]) -> list[str]:
    """The stages with results that count only because they were accepted; `made` are (stage, code) of all results."""
    present = set(made)
    return sorted({entry.stage for entry in accepted if (entry.stage, entry.old) in present})
