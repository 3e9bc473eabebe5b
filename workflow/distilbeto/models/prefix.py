"""The prefix that a wrapper left before the names of weights: `module.`, `model.`, `module/`, or any other."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator


def prefix_of(names: Iterable[str], known: Container[str], separator: str) -> str:
    """What stands before most of the `names` that are `known` without it; the shortest of several, empty if none is."""
    found = Counter(prefix for name in names for prefix in _prefixes(name, separator) if name[len(prefix) :] in known)
    return min(found, key=lambda prefix: (-found[prefix], len(prefix)), default="")


def _prefixes(name: str, separator: str) -> Iterator[str]:
    parts = name.split(separator)
    for count in range(len(parts)):
        yield "".join(part + separator for part in parts[:count])
