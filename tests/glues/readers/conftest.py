"""A reader of texts."""

from pathlib import Path

import pytest
from tests.glues.readers.forms import Reader, dataset

from distilbeto.glues.readers import read
from distilbeto.glues.readers.result import ReadResult


@pytest.fixture
def read_text(tmp_path: Path) -> Reader:
    def run(reader: str, content: str | bytes, **options: object) -> ReadResult:
        path = tmp_path / "data"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, dataset(reader, **options))

    return run
