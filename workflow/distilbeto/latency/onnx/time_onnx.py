"""Time an ONNX model as Table 5.5 times the originals."""

from functools import partial
from pathlib import Path
from time import perf_counter

from distilbeto.latency.inputs import timed_inputs
from distilbeto.latency.onnx.session import open_session, run
from distilbeto.latency.settings import TimingSettings
from distilbeto.latency.timing import describe_machine, peak_memory_mib, pin_threads, time_runs
from distilbeto.storage.files import write_json
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer


def time_onnx(
    model: str, path: Path, *, tokenizer: LoadedTokenizer, examples: Path, settings: TimingSettings, output: Path
) -> None:
    """Time the ONNX model in `path`, one sentence at a time, on as many threads and as often as the original.

    Raises:
        UserError: too few sentences.
    """
    import onnxruntime  # noqa: F401 - its import is not the model's time and memory

    stopwatch = Stopwatch()
    cores = pin_threads(settings.threads)
    inputs = timed_inputs(examples, tokenizer, settings)
    before, began = peak_memory_mib(), perf_counter()
    session = open_session(path, settings.threads)
    load_seconds = perf_counter() - began
    times = time_runs(partial(run, session), inputs, settings)
    record = {
        "model": model,
        "form": path.stem,
        "threads": settings.threads,
        "cores": cores,
        **times,
        "load_seconds": load_seconds,
        "memory_mib": peak_memory_mib() - before,
        "machine": describe_machine(),
        "provenance": provenance(settings.model_dump(), stopwatch),
    }
    write_json(output, record)
