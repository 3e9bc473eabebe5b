"""Arrays come back as they were written; a damaged or foreign file says so."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors.numpy import load_file

from distilbeto.errors import UserError
from distilbeto.storage import arrays as arrays_module
from distilbeto.storage.arrays import open_arrays, write_arrays

DTYPES = st.sampled_from([np.uint8, np.uint16, np.uint32, np.int16, np.int32, np.int64, np.float32, np.float64])


@given(array=arrays_of.arrays(DTYPES, arrays_of.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=9)))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("arrays") / "x.safetensors"
    write_arrays(path, "test-1", {"a": array, "b": np.arange(3)}, {"año": 1})
    arrays, metadata = open_arrays(path, "test-1")
    assert arrays["a"].dtype == array.dtype
    np.testing.assert_array_equal(arrays["a"], array)
    assert metadata == {"año": 1}
    np.testing.assert_array_equal(load_file(path)["a"], array)
    assert all(stored.ctypes.data % stored.itemsize == 0 for stored in arrays.values())


def test_equal_content_makes_equal_bytes(tmp_path: Path) -> None:
    contents = []
    for names in ("ab", "ba"):
        write_arrays(tmp_path / "x", "test-1", {name: np.arange(9, dtype=np.uint16) for name in names}, {"año": 1})
        contents.append((tmp_path / "x").read_bytes())
    assert contents[0] == contents[1]


def test_a_memory_map_is_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays_module, "CHUNK_ITEMS", 7)
    np.arange(100, dtype=np.uint16).tofile(tmp_path / "raw")
    write_arrays(tmp_path / "x", "test-1", {"a": np.memmap(tmp_path / "raw", np.uint16, "r")}, {})
    assert open_arrays(tmp_path / "x", "test-1").arrays["a"].tolist() == list(range(100))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_arrays(tmp_path / "x.safetensors", "test-1", {"a": np.arange(100)}, {})
    return tmp_path / "x.safetensors"


def test_another_format_is_refused(file: Path) -> None:
    with pytest.raises(UserError, match="expected a file of format shard-1, found test-1"):
        open_arrays(file, "shard-1")


@pytest.mark.parametrize("kept", [0, 4, 20, 500])
def test_a_file_cut_short_is_refused(file: Path, kept: int) -> None:
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(UserError, match="cut short"):
        open_arrays(file, "test-1")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="file not found"):
        open_arrays(tmp_path / "none.safetensors", "test-1")


def test_arrays_cannot_be_written_to(file: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        open_arrays(file, "test-1").arrays["a"][0] = 1
