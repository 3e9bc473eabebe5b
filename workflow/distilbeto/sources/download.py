"""Download one file, whole or not at all."""

import hashlib
import http.client
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from distilbeto.errors import UserError
from distilbeto.job.progress import progress

logger = logging.getLogger(__name__)

CHUNK = 1 << 20
TRIES = 3
SECONDS_BETWEEN_TRIES = 3.0
TIMEOUT_SECONDS = 60
TRANSIENT_STATUS = (408, 425, 429, 500, 502, 503, 504)


def file_name(url: str) -> str:
    """The file name that a URL ends in."""
    return PurePosixPath(unquote(urlsplit(url).path)).name or "download"


def download(url: str, target: Path) -> str:
    """Write the content of `url` to `target` and return its SHA-256; a failed or short transfer is tried three times.

    Raises:
        UserError: the server refuses, cannot be reached, or sends less than it announced each time.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return _transfer(url, target)
        except (OSError, http.client.HTTPException) as error:
            lasting = isinstance(error, urllib.error.HTTPError) and error.code not in TRANSIENT_STATUS
            if lasting or attempt == TRIES:
                raise _explained(url, error, attempt) from None
            logger.info("%s: %s; trying again", url, error)
            time.sleep(SECONDS_BETWEEN_TRIES * attempt)
    raise AssertionError("unreachable")


def _transfer(url: str, target: Path) -> str:
    digest, received = hashlib.sha256(), 0
    request = urllib.request.Request(url, headers={"User-Agent": "distilbeto"})  # noqa: S310 (http and https only: fetch.py)
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response, target.open("wb") as file:  # noqa: S310
        if url.startswith("https:") and not response.url.startswith("https:"):
            raise UserError(f"redirected to the unprotected {response.url}", where=url)
        for chunk in _chunks(response):
            digest.update(chunk)
            received += file.write(chunk)
        announced = response.headers.get("Content-Length")
    if announced is not None and received != int(announced):
        raise http.client.IncompleteRead(b"", int(announced) - received)
    return digest.hexdigest()


def _chunks(response: Any) -> Iterator[bytes]:
    chunks = iter(lambda: response.read(CHUNK), b"")
    announced = response.headers.get("Content-Length")
    return chunks if announced is None else progress(chunks, total=-(-int(announced) // CHUNK), unit="MiB")


def _explained(url: str, error: Exception, attempts: int) -> UserError:
    if isinstance(error, urllib.error.HTTPError):
        what = f"the server answers {error.code} {error.reason}"
    elif isinstance(error, http.client.IncompleteRead):
        what = f"the transfer broke off before its end, {attempts} times"
    else:
        what = f"cannot be downloaded: {getattr(error, 'reason', None) or error}"
    return UserError(
        what, where=url, remedy="Download the file by hand and set the source's location to its local path."
    )
