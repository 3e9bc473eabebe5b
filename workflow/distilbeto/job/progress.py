"""Progress of long work: a bar with rate and time left on a terminal, one plain line a minute in a log."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")
SECONDS_BETWEEN_LINES = 60.0


def progress(items: Iterable[Item], *, total: int, unit: str) -> Iterator[Item]:
    """Pass `items` through while reporting how many of `total` are done, how fast, and how long is left."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, unit=unit, dynamic_ncols=True)
        return
    began = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES:
            last, rate = now, done / (now - began)
            logging.info("%d of %d %s, %.1f a second, %.0f s left", done, total, unit, rate, (total - done) / rate)
