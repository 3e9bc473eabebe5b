"""The benchmark of a GPU runs to its end, on tiny models."""

from tests.gpu.conftest import ROOT, RunProgram


def test_it_measures_every_way(run_program: RunProgram) -> None:
    options = ["--tiny", "--micro-batches", "512", "1024", "--precisions", "fp32", "bf16", "--steps", "1"]
    ran = run_program(str(ROOT / "tests/benchmarks/gpu.py"), *options, "--no-compile")
    assert ran.returncode == 0, ran.stderr
    rows = [line.split("|")[1:-1] for line in ran.stdout.splitlines() if line.startswith("|")]
    speeds = [row for row in rows if len(row) == 10][2:]
    ways = [(what.strip(), precision.strip()) for what, precision, *_ in speeds]
    plain = [("plain loop", "fp32"), ("plain loop", "bf16")]
    assert ways == plain + [(size, precision) for precision in ("fp32", "bf16") for size in ("512", "1,024")]
    assert all(float(row[5].replace(",", "")) > 0 for row in speeds)
