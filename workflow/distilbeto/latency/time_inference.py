"""Time a model's inference on the CPU (Table 5.5)."""

from pathlib import Path
from time import perf_counter
from typing import Any

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.latency.inputs import timed_inputs
from distilbeto.latency.settings import TimingSettings
from distilbeto.latency.timing import describe_machine, peak_memory_mib, pin_threads, time_runs
from distilbeto.storage.files import read_json, write_json
from distilbeto.storage.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer

HEAD_SEED = 0


def time_inference(
    model: str, folder: Path, *, tokenizer: LoadedTokenizer, examples: Path, settings: TimingSettings, output: Path
) -> None:
    """Time the encoder in `folder` under a head for token classification, one after another of the first sentences.

    What is timed are forward passes alone, on inputs that are ready: tokenization is outside of the clock. The head's
    weights are random, which the time does not depend on. `seconds` holds the time of all sentences for each run;
    `parameters` counts the encoder without the head; `memory_mib` is what the peak rose by from before the model was
    loaded.

    Raises:
        UserError: too few sentences, or the model is not of this tokenizer.
    """
    import torch

    from distilbeto.finetuning.heads import add_head

    stopwatch = Stopwatch()
    cores = pin_threads(settings.threads)
    torch.set_num_threads(settings.threads)
    _check_tokenizer(folder, tokenizer)
    inputs = [torch.from_numpy(ids) for ids in timed_inputs(examples, tokenizer, settings)]
    labels = [str(label) for label in range(settings.labels)]
    before, began = peak_memory_mib(), perf_counter()  # transformers is imported: it is not the model's time and memory
    timed = add_head(folder, TaskKind.TOKEN_CLASSIFICATION, labels, HEAD_SEED).model.eval()
    load_seconds = perf_counter() - began

    def forward(ids: torch.Tensor) -> Any:
        return timed(input_ids=ids, attention_mask=torch.ones_like(ids))

    with torch.inference_mode():
        times = time_runs(forward, inputs, settings)
    record = {
        "model": model,
        "parameters": sum(weights.numel() for weights in timed.base_model.parameters()),
        "sentences": len(inputs),
        "runs": settings.runs,
        "batch_size": 1,
        "max_length": settings.max_length,
        "threads": settings.threads,
        "cores": cores,
        **times,
        "load_seconds": load_seconds,
        "memory_mib": peak_memory_mib() - before,
        "machine": describe_machine(),
        "provenance": provenance(settings.model_dump(), stopwatch),
    }
    write_json(output, record)


def _check_tokenizer(folder: Path, tokenizer: LoadedTokenizer) -> None:
    found = read_json(folder / "manifest.json")["tokenizer"]
    if found != tokenizer.fingerprint:
        raise UserError(
            f"the model was made with the tokenizer {found}, expected {tokenizer.fingerprint}",
            where=folder / "manifest.json",
        )
