"""Time a model's inference on the CPU (Table 5.5)."""

import platform
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from distilbeto.errors import UserError
from distilbeto.files import read_json, write_json
from distilbeto.glues.encode_words import pieces_of
from distilbeto.glues.examples import TaggedSentence, examples_of
from distilbeto.latency.settings import LatencySettings
from distilbeto.provenance import Stopwatch, provenance
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

HEAD_SEED = 0


def time_inference(
    model: str, folder: Path, *, tokenizer: LoadedTokenizer, examples: Path, settings: LatencySettings, output: Path
) -> None:
    """Time the encoder in `folder` under a head for tagging, on the first sentences of `examples`, one at a time.

    What is timed are forward passes alone, on inputs that are ready: tokenization is outside of the clock. The head's
    weights are random, which the time does not depend on. `seconds` holds the time of all sentences for each run;
    `parameters` counts the encoder without the head.

    Raises:
        UserError: too few sentences, or the model is not of this tokenizer.
    """
    import torch

    stopwatch = Stopwatch()
    torch.set_num_threads(settings.threads)
    _check_tokenizer(folder, tokenizer)
    sentences = _first_sentences(examples, settings.sentences)
    inputs = prepare_inputs(sentences, tokenizer, settings.max_length)
    timed, load_seconds = _load(folder, settings.labels)
    _forward_all(timed, inputs[: settings.warmup_sentences])
    seconds = [_forward_all(timed, inputs) for _ in range(settings.runs)]
    record = {
        "model": model,
        "parameters": sum(weights.numel() for weights in timed.base_model.parameters()),
        "sentences": len(sentences),
        "runs": settings.runs,
        "batch_size": 1,
        "max_length": settings.max_length,
        "threads": settings.threads,
        "seconds": seconds,
        "load_seconds": load_seconds,
        "mean": sum(seconds) / len(seconds),
        "machine": processor(),
        "provenance": provenance(settings.model_dump(), stopwatch),
    }
    write_json(output, record)


def prepare_inputs(
    sentences: Sequence[Sequence[str]], tokenizer: LoadedTokenizer, max_length: int
) -> list[dict[str, "torch.Tensor"]]:
    """input_ids and attention_mask, int64 [1, length], of each sentence, cut at `max_length` tokens."""
    import torch

    batches = []
    for pieces in pieces_of(sentences, tokenizer):
        ids = torch.tensor([[tokenizer.cls, *pieces.ids[: max_length - 2], tokenizer.sep]])
        batches.append({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    return batches


def processor() -> str:
    """The name of this machine's processor."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _load(folder: Path, labels: int) -> tuple["PreTrainedModel", float]:
    """The model under a head of `labels` labels, and the seconds that loading took."""
    from distilbeto.finetuning.heads import add_head

    began = perf_counter()
    model = add_head(folder, "tagging", [str(label) for label in range(labels)], HEAD_SEED).model.eval()
    return model, perf_counter() - began


def _forward_all(model: "PreTrainedModel", inputs: Sequence[dict[str, "torch.Tensor"]]) -> float:
    """Seconds of all forward passes."""
    import torch

    began = perf_counter()
    with torch.inference_mode():
        for batch in inputs:
            model(**batch)
    return perf_counter() - began


def _first_sentences(examples: Path, count: int) -> list[tuple[str, ...]]:
    sentences = [sentence.words for sentence in examples_of(examples, TaggedSentence)[:count]]
    if len(sentences) < count:
        raise UserError(
            f"{len(sentences)} sentences, expected at least {count}",
            where=examples,
            remedy="Set latency.sentences lower.",
        )
    return sentences


def _check_tokenizer(folder: Path, tokenizer: LoadedTokenizer) -> None:
    found = read_json(folder / "manifest.json")["tokenizer"]
    if found != tokenizer.fingerprint:
        raise UserError(
            f"the model was made with the tokenizer {found}, expected {tokenizer.fingerprint}",
            where=folder / "manifest.json",
        )
