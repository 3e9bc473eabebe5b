"""What every reader returns."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from distilbeto.errors import UserError
from distilbeto.glues.examples import Example, Question

LONGEST_NOTES = 20


class ReadResult(NamedTuple):
    """Examples in the order of the file; for each kind of repair the id of the example, once a repair; remarks."""

    examples: Sequence[Example]
    repaired: dict[str, list[str]]
    notes: list[str]

    @property
    def repairs(self) -> dict[str, int]:
        """How often each kind of repair was made."""
        return {kind: len(ids) for kind, ids in self.repaired.items()}


def joined(paths: Sequence[Path], results: Sequence[ReadResult]) -> ReadResult:
    """Several files as one; notes then name theirs.

    Raises:
        UserError: two files hold a question of the same id: predictions are told apart by it.
    """
    examples = [example for result in results for example in result.examples]
    ids = Counter(example.id for example in examples if isinstance(example, Question))
    twice = next((name for name, count in ids.items() if count > 1), None)
    if twice is not None:
        raise UserError(f"the id {twice!r} is in another file of the data set too", where=paths[-1])
    repaired: defaultdict[str, list[str]] = defaultdict(list)
    for result in results:
        for kind, repaired_ids in result.repaired.items():
            repaired[kind] += repaired_ids
    notes = [f"{path.name}, {note}" for path, result in zip(paths, results, strict=True) for note in result.notes]
    return ReadResult(examples, dict(repaired), shortened(notes))


def shortened(notes: Sequence[str]) -> list[str]:
    """At most 20 notes; the last then says how many more there are."""
    if len(notes) <= LONGEST_NOTES:
        return list(notes)
    return [*notes[: LONGEST_NOTES - 1], f"and {len(notes) - LONGEST_NOTES + 1} more"]
