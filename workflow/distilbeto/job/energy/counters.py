"""The counters of energy that machines keep: RAPL of processors, NVML of NVIDIA's GPUs."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

POWERCAP = Path("/sys/class/powercap")
NVIDIA = Path("/dev/nvidiactl")
SECONDS_BETWEEN_READINGS = 30.0  # the smallest counters start again after 65 kJ: some 200 s of a large processor


class Domain(NamedTuple):
    """A counter in microjoules, which starts again at zero after `range_microjoules`."""

    counter: Path
    range_microjoules: int


def processor_domains(folder: Path = POWERCAP) -> list[Domain]:
    """The packages and their memory; none where they cannot be read: since Linux 5.10 only root may, by default.

    The domains core, uncore and psys count parts of the same energy again.
    """
    return [domain for each in sorted(folder.glob("intel-rapl:*")) for domain in _readable(each)]


def _readable(folder: Path) -> Iterator[Domain]:
    try:
        name = (folder / "name").read_text().strip()
        if name.startswith("package") or name == "dram":
            domain = Domain(folder / "energy_uj", int((folder / "max_energy_range_uj").read_text()))
            _microjoules(domain)
            yield domain
    except OSError:
        return


def _microjoules(domain: Domain) -> int:
    return int(domain.counter.read_text())


class ProcessorCounter:
    """Sums what domains count from its making on; a thread reads them often enough that none starts again unseen."""

    def __init__(self, domains: list[Domain]) -> None:
        self._domains = domains
        self._last = [_microjoules(domain) for domain in domains]
        self._sum = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        if domains:
            threading.Thread(target=self._keep_reading, daemon=True).start()

    def joules(self) -> float | None:
        """Of the whole machine so far; None without a domain."""
        self._read()
        return self._sum / 1e6 if self._domains else None

    def end(self) -> None:
        self._ended.set()

    def _keep_reading(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_READINGS):
            self._read()

    def _read(self) -> None:
        with self._lock:
            now = [_microjoules(domain) for domain in self._domains]
            for domain, before, after in zip(self._domains, self._last, now, strict=True):
                self._sum += after - before if after >= before else after + domain.range_microjoules - before
            self._last = now


def gpu_joules() -> dict[str, float]:
    """The counters of the GPUs that this process sees, by name; empty where one cannot be read (before Volta, MIG).

    Of several processes that train together, each sees its own GPU alone.
    """
    if not NVIDIA.exists():
        return {}
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = {name: _handle(pynvml, name) for name in _visible(pynvml)}
        return {name: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1e3 for name, handle in handles.items()}
    except pynvml.NVMLError:
        return {}


def _visible(pynvml: Any) -> list[str]:
    """Indices or identifiers; the one of this process where several train together."""
    listed = os.environ.get("CUDA_VISIBLE_DEVICES")
    every = [str(index) for index in range(pynvml.nvmlDeviceGetCount())]
    names = every if listed is None else [name.strip() for name in listed.split(",") if name.strip()]
    rank = os.environ.get("LOCAL_RANK")
    return names if rank is None else names[int(rank) : int(rank) + 1]


def _handle(pynvml: Any, name: str) -> Any:
    return pynvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdigit() else pynvml.nvmlDeviceGetHandleByUUID(name)
