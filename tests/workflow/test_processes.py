"""The GPUs of a segment are its processes."""

import re

import pytest


@pytest.mark.parametrize(
    ("options", "processes"),
    [([], 1), (["--resources", "gpu=4", "--set-resources", "distil_segment:gpu=4"], 4)],
)
def test_a_segment_starts_a_process_for_each_gpu(snakemake, options: list[str], processes: int) -> None:
    segment = "results/students/distilbeto/step-0001000.safetensors"
    ran = snakemake("--dry-run", "--printshellcmds", *options, "--", segment)
    assert ran.returncode == 0, ran.stderr
    (found,) = re.findall(r"distil_segment\.py .*--processes (\S+)", ran.stdout + ran.stderr)
    assert int(found) == processes
