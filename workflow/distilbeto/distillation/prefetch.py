"""Read what a step needs while the step before it is trained."""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Key = TypeVar("Key")
Read = TypeVar("Read")


def read_ahead(read: Callable[[Key], Read], keys: Iterable[Key]) -> Generator[Read, None, None]:
    """`read` of each of `keys`, in order, the next one in a thread: never more than one is ready and not yet taken.

    What `read` raises is raised where its result would be. Close the iterator to end the thread early.
    """
    with ThreadPoolExecutor(1, "read-ahead") as thread:
        ahead = None
        for key in keys:
            following = thread.submit(read, key)
            if ahead is not None:
                yield ahead.result()
            ahead = following
        if ahead is not None:
            yield ahead.result()
