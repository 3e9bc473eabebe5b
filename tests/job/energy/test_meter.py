"""A job's energy stands beside its log, whatever becomes of the job; nowhere else, and no job fails for it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distilbeto.job.energy import counters, meter

ROOT = Path(__file__).parents[3]
JOB = """
import sys, time
from distilbeto.job.cli import argument_parser, start
from distilbeto.errors import UserError

def main(arguments):
    {body}

start(main, argument_parser("A job."))
"""


def run_job(folder: Path, body: str, **environment: str) -> "subprocess.Popen[bytes]":
    """A script of the workflow, its standard error in logs/stage/job.log."""
    log = folder / "logs" / "stage" / "job.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    (folder / "job.py").write_text(JOB.format(body=body))
    variables = os.environ | {"PYTHONPATH": str(ROOT / "workflow"), meter.LOGS_VARIABLE: str(folder / "logs")}
    with log.open("w") as stderr:
        return subprocess.Popen([sys.executable, folder / "job.py"], stderr=stderr, env=variables | environment)


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "logs/stage/job.energy.jsonl").read_text().splitlines()]


def test_every_try_is_a_line_beside_the_log(tmp_path: Path) -> None:
    assert run_job(tmp_path, "sum(range(3_000_000))").wait() == 0
    assert run_job(tmp_path, "raise UserError('no such thing')").wait() == 1
    first, second = lines_of(tmp_path)
    assert (first["status"], second["status"]) == (0, 1)
    assert first["cpu_seconds"] > 0
    assert first["seconds"] > 0
    assert first["gpu_joules"] == 0


def test_a_job_that_is_told_to_end_is_recorded(tmp_path: Path) -> None:
    job = run_job(tmp_path, f"open({str(tmp_path / 'began')!r}, 'w'); time.sleep(60)")
    while not (tmp_path / "began").exists():
        assert job.poll() is None
        time.sleep(0.01)
    job.send_signal(signal.SIGTERM)
    assert job.wait() == 128 + signal.SIGTERM
    assert lines_of(tmp_path)[0]["status"] == 128 + signal.SIGTERM


@pytest.mark.parametrize("logs", ["", "/somewhere/else"])
def test_nothing_is_written_outside_of_the_workflow(tmp_path: Path, logs: str) -> None:
    assert run_job(tmp_path, "pass", **{meter.LOGS_VARIABLE: logs}).wait() == 0
    assert not list(tmp_path.rglob("*.energy.jsonl"))


def test_a_record_that_cannot_be_written_fails_no_job(tmp_path: Path) -> None:
    (tmp_path / "logs/stage/job.energy.jsonl").mkdir(parents=True)
    assert run_job(tmp_path, "pass").wait() == 0
    assert "not recorded" in (tmp_path / "logs/stage/job.log").read_text()


def domain(folder: Path, number: str, name: str, microjoules: int) -> Path:
    path = folder / f"intel-rapl:{number}"
    path.mkdir()
    (path / "name").write_text(f"{name}\n")
    (path / "max_energy_range_uj").write_text("1000000\n")
    (path / "energy_uj").write_text(f"{microjoules}\n")
    return path / "energy_uj"


def test_packages_and_memory_count_once_and_over_a_new_start(tmp_path: Path) -> None:
    package, memory = domain(tmp_path, "0", "package-0", 900_000), domain(tmp_path, "0:1", "dram", 0)
    cores, platform = domain(tmp_path, "0:0", "core", 0), domain(tmp_path, "1", "psys", 0)
    counter = counters.ProcessorCounter(counters.processor_domains(tmp_path))
    for path, microjoules in ((package, 400_000), (memory, 250_000), (cores, 300_000), (platform, 700_000)):
        path.write_text(str(microjoules))
    assert counter.joules() == pytest.approx(0.5 + 0.25)
    package.write_text("500000")
    assert counter.joules() == pytest.approx(0.6 + 0.25)
    counter.end()


def test_what_nobody_may_read_is_no_counter(tmp_path: Path) -> None:
    (tmp_path / "intel-rapl:0").mkdir()
    assert counters.processor_domains(tmp_path) == []
    assert counters.ProcessorCounter([]).joules() is None


def test_a_job_has_the_part_of_the_energy_that_it_has_of_the_busy_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = domain(tmp_path, "0", "package-0", 0)
    monkeypatch.setattr(meter, "processor_domains", lambda: counters.processor_domains(tmp_path))
    monkeypatch.setattr(meter, "busy_seconds", lambda: 100.0)
    measured = meter.Meter(torch=False)
    package.write_text("800000")
    monkeypatch.setattr(meter, "busy_seconds", lambda: 108.0)
    monkeypatch.setattr(meter, "cpu_seconds", lambda: 2.0)
    assert measured.reading(0)["processor_joules"] == pytest.approx(0.8 * 2 / 8)


class Nvml(SimpleNamespace):
    """Two GPUs at 1 and 2 kJ, 500 J more at each reading; the second named by an identifier too."""

    class NVMLError(Exception):
        pass

    def __init__(self, counts: bool = True) -> None:
        super().__init__(counts=counts, readings=0)

    def nvmlInit(self) -> None:
        self.readings += 1

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetHandleByUUID(self, name: str) -> int:
        assert name == "GPU-b"
        return 1

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        if not self.counts:
            raise self.NVMLError
        return (1000 * (handle + 1) + 500 * (self.readings - 1)) * 1000


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Nvml:
    nvml = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setattr(counters, "NVIDIA", tmp_path)
    monkeypatch.setattr(meter, "_uses_gpu", lambda: True)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return nvml


@pytest.mark.parametrize(
    ("visible", "rank", "expected"),
    [
        (None, None, {"0": 1000.0, "1": 2000.0}),
        ("1", None, {"1": 2000.0}),
        ("GPU-b", None, {"GPU-b": 2000.0}),
        ("", None, {}),
        ("1,0", "1", {"0": 1000.0}),
    ],
)
def test_the_visible_gpus_count(
    gpus: Nvml, monkeypatch: pytest.MonkeyPatch, visible: str | None, rank: str | None, expected: dict[str, float]
) -> None:
    for variable, value in (("CUDA_VISIBLE_DEVICES", visible), ("LOCAL_RANK", rank)):
        if value is not None:
            monkeypatch.setenv(variable, value)
    assert counters.gpu_joules() == expected


def test_a_gpu_is_counted_from_start_to_end(gpus: Nvml) -> None:
    assert meter.Meter(torch=True).reading(0)["gpu_joules"] == pytest.approx(2 * 500)


def test_a_gpu_without_a_counter_is_unknown_and_an_idle_one_is_zero(
    gpus: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpus.counts = False
    assert meter.Meter(torch=True).reading(0)["gpu_joules"] is None
    monkeypatch.setattr(meter, "_uses_gpu", lambda: False)
    assert meter.Meter(torch=True).reading(0)["gpu_joules"] == 0


def test_processes_that_train_together_leave_the_processor_to_their_parent(
    gpus: Nvml, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    line = meter.Meter(torch=True).reading(0)
    assert (line["rank"], line["gpu_joules"]) == (1, pytest.approx(500))
    assert (line["seconds"], line["cpu_seconds"], line["processor_joules"]) == (0, 0, 0)
