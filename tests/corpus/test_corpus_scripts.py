"""From text to counts by the command lines."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPTS / script, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_tokenize_count_and_verify(
    make_source: Callable[[bytes], Path], tokenizer_folder: Path, tmp_path: Path
) -> None:
    source = make_source("el niño come pan\ny\nel niño come panes y pan\n".encode())
    shards = [tmp_path / f"text-000{k}.safetensors" for k in range(2)]
    for number, shard in enumerate(shards):
        part = ["--source", source, "--file", "text.txt", "--name", "text", "--shard", number, "--shards", 2]
        arguments = [*part, "--settings", '{"min_tokens": 4}', "--tokenizer", tokenizer_folder, "--output", shard]
        arguments += ["--record", shard.with_suffix(".json")]
        done = run("tokenize_shard.py", *arguments)
        assert done.returncode == 0, done.stderr
        assert json.loads(shard.with_suffix(".json").read_text())["peak_memory_mib"] > 0
    counts, report, lengths = (tmp_path / name for name in ("counts.safetensors", "report.csv", "lengths.csv"))
    arguments = ["--shards", *shards, "--tokenizer", tokenizer_folder, "--output", counts, "--report", report]
    assert run("count_tokens.py", *arguments, "--lengths", lengths).returncode == 0
    assert report.read_text().splitlines()[-1] == "total,,3,2,0,1,0,0,0,0,0,0,15,0.000000,nanotoken 0.1.0"
    assert lengths.read_text().splitlines() == ["length,sequences", "6,1", "9,1"]

    shards[1].write_bytes(shards[1].read_bytes()[:-2])
    verified = run("verify_shards.py", *shards)
    assert verified.returncode == 1
    assert [line.split()[0] for line in verified.stdout.splitlines()] == ["whole", "damaged"]


def test_wrong_rules_end_with_a_message(tmp_path: Path) -> None:
    arguments = ["--source", "x", "--file", "x", "--name", "x", "--shard", 0, "--shards", 1, "--tokenizer", "x"]
    done = run(
        "tokenize_shard.py",
        "--settings",
        '{"min_token": 4}',
        *arguments,
        "--output",
        tmp_path / "x",
        "--record",
        tmp_path / "x.json",
    )
    assert done.returncode == 1
    assert "min_token: Extra inputs are not permitted" in done.stderr
    assert "Traceback" not in done.stderr
