"""What every reader returns."""

from collections.abc import Sequence
from typing import NamedTuple

from distilbeto.glues.examples import Example

LONGEST_NOTES = 20


class ReadResult(NamedTuple):
    """Examples in the order of the file; how often each kind of repair was made; remarks for a person."""

    examples: Sequence[Example]
    repairs: dict[str, int]
    notes: list[str]


def shortened(notes: Sequence[str]) -> list[str]:
    """At most 20 notes; the last then says how many more there are."""
    if len(notes) <= LONGEST_NOTES:
        return list(notes)
    return [*notes[: LONGEST_NOTES - 1], f"and {len(notes) - LONGEST_NOTES + 1} more"]
