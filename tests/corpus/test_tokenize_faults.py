"""Whatever happens to a tokenizing job, what is left is nothing, and the next run makes the shard byte for byte."""

import json
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.forks import NOT_PERMITTED, Fault, counting, enter_small_disk, fork, run_script, strike

from distilbeto.corpus import ranges
from distilbeto.corpus.shards import open_shard, verify_shard
from distilbeto.errors import UserError

SCRIPT = str(Path(__file__).parents[2] / "scripts" / "tokenize_shard.py")
CONTENT = "el niño come pan y panes.\ny\n".encode() * 4000

MakeSource = Callable[[bytes], Path]
Words = Callable[..., list[str]]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, limits and namespaces as Linux has them")


@pytest.fixture
def words(make_source: MakeSource, tokenizer_folder: Path) -> Words:
    """The words of a job's command line: it makes the shard `output` of a file of `content`."""

    def make(output: Path, content: bytes = CONTENT) -> list[str]:
        where = ["--source", make_source(content), "--tokenizer", tokenizer_folder, "--settings", '{"min_tokens": 4}']
        part = ["--file", "text.txt", "--name", "text", "--shard", 0, "--shards", 1]
        return [SCRIPT, *map(str, [*where, *part, "--output", output, "--record", output.with_suffix(".json")])]

    return make


@pytest.fixture
def expected(words: Words, tmp_path: Path) -> bytes:
    """The shard of an undisturbed job."""
    output = tmp_path / "undisturbed" / "text.safetensors"
    assert fork(lambda: run_script(words(output)), tmp_path / "log") == 0, (tmp_path / "log").read_text()
    return output.read_bytes()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small file, too, is tokenized in many parts."""
    monkeypatch.setattr(ranges.read_blocks, "__defaults__", (2000,))


def test_killed_ten_times_and_whole_in_the_end(words: Words, expected: bytes, tmp_path: Path) -> None:
    output, log = tmp_path / "out" / "text.safetensors", tmp_path / "log"
    words(output)  # writes the text

    def counted() -> None:
        with counting("tokenize_shard") as marks:
            try:
                run_script(words(tmp_path / "counted" / "text.safetensors"))
            except SystemExit:
                (tmp_path / "marks.json").write_text(json.dumps(marks[:2]))

    assert fork(counted, log) == 0, log.read_text()
    begin, end = json.loads((tmp_path / "marks.json").read_text())
    draw = random.Random(1)
    faults = [Fault(signal.SIGKILL, calls=draw.randrange(begin, end)) for _ in range(7)]
    faults += [Fault(signal.SIGTERM, calls=draw.randrange(begin, end)) for _ in range(2)]
    faults += [Fault(signal.SIGXFSZ, bytes=len(expected) // 2)]
    for fault in faults:

        def job(fault: Fault = fault) -> None:
            strike(fault)
            run_script(words(output))

        ended = fork(job, log)
        assert ended in (-signal.SIGKILL, -signal.SIGXFSZ, 128 + signal.SIGTERM), log.read_text()
        assert not output.exists()
    assert fork(lambda: run_script(words(output)), log) == 0, log.read_text()
    assert output.read_bytes() == expected
    assert sorted(path.name for path in output.parent.iterdir()) == ["text.json", "text.safetensors"]


def test_a_full_disk_is_named_and_leaves_nothing(words: Words, expected: bytes, tmp_path: Path) -> None:
    output, log, disk = tmp_path / "disk" / "text.safetensors", tmp_path / "log", tmp_path / "disk"
    disk.mkdir()
    command = words(output)

    def job() -> None:
        enter_small_disk(disk, 2**16)
        try:
            run_script(command)
        finally:
            (tmp_path / "left.json").write_text(json.dumps([str(path) for path in disk.iterdir()]))

    ended = fork(job, log)
    if ended == NOT_PERMITTED:
        pytest.skip("no file system may be mounted here")
    assert ended == 1
    assert log.read_text().splitlines()[-2:] == [
        f"error: {output}: no space left for this file",
        "  Free space there and run again: nothing that was there before has changed.",
    ]
    assert json.loads((tmp_path / "left.json").read_text()) == []
    assert fork(lambda: run_script(command), log) == 0
    assert output.read_bytes() == expected


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (CONTENT + b"mas pan\n", "the file has 116008 bytes, the manifest of its source says 116000"),
        (CONTENT[:-10], "the file has 115990 bytes, the manifest of its source says 116000"),
        (CONTENT[:-8] + b"ni\xf1o es\n", "line 7999: byte 0xf1 at offset 115994 is not UTF-8"),
        (CONTENT[:9000] + b"x" * (len(CONTENT) - 9000), "line 621: no line feed in 50000 bytes from byte 8990"),
    ],
    ids=["grew", "shrank", "not UTF-8", "a line without end"],
)
def test_a_bad_text_is_refused_and_made_when_it_is_mended(
    damage: bytes, message: str, words: Words, make_source: MakeSource, expected: bytes, tmp_path: Path
) -> None:
    output, log = tmp_path / "out" / "text.safetensors", tmp_path / "log"
    command, text = words(output), tmp_path / "source" / "text.txt"

    def job() -> None:
        text.write_bytes(damage)
        with patch.object(ranges, "MAX_LINE_BYTES", 50_000):
            run_script(command)

    assert fork(job, log) == 1
    assert f"{text}" in log.read_text()
    assert message in log.read_text()
    assert "Traceback" not in log.read_text()
    assert not list(output.parent.glob("*"))
    text.write_bytes(CONTENT)
    assert fork(lambda: run_script(command), log) == 0, log.read_text()
    assert output.read_bytes() == expected


def test_a_damaged_shard_is_refused_and_made_again(words: Words, expected: bytes, tmp_path: Path) -> None:
    output, log = tmp_path / "out" / "text.safetensors", tmp_path / "log"
    output.parent.mkdir()
    output.write_bytes(expected[:-1])
    with pytest.raises(UserError, match="cut short or damaged"):
        open_shard(output)
    output.write_bytes(expected[:-1] + bytes([expected[-1] ^ 1]))
    with pytest.raises(UserError, match="damaged shard"):
        verify_shard(output)
    assert fork(lambda: run_script(words(output)), log) == 0
    assert output.read_bytes() == expected
    verify_shard(output)
