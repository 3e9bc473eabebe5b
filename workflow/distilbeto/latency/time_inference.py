"""Time a model's inference on the CPU (Table 5.5): as transformers loads it, or as ONNX on onnxruntime."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from distilbeto.errors import UserError
from distilbeto.glues.encode_words import pieces_of
from distilbeto.glues.examples import TaggedSentence, examples_of
from distilbeto.glues.kinds import TaskKind
from distilbeto.latency.settings import TimingSettings
from distilbeto.latency.timing import describe_machine, pin_threads, time_runs
from distilbeto.storage.files import read_json, write_json
from distilbeto.storage.provenance import Stopwatch, peak_memory_mib, provenance
from distilbeto.tokenizer import LoadedTokenizer

HEAD_SEED = 0


class Loaded(NamedTuple):
    """A model to time: from token ids [1, length] to logits, and what its record says of it."""

    forward: Callable[[NDArray[np.int64]], object]
    description: dict[str, Any]


def time_inference(
    model: str, path: Path, *, tokenizer: LoadedTokenizer, examples: Path, settings: TimingSettings, output: Path
) -> None:
    """Time the model in `path`, a folder or an .onnx file, on the first sentences of `examples`, one at a time.

    What is timed are forward passes alone, on token ids that are ready: tokenization is outside of the clock. An
    encoder in a folder gets a head for token classification with random weights, which the time does not depend on.
    `seconds` holds the time of all sentences for each run; `parameters` counts the encoder without the head;
    `memory_mib` is what the peak rose by from before the model was loaded.

    Raises:
        UserError: too few sentences, or the model is not of this tokenizer.
    """
    stopwatch = Stopwatch()
    cores = pin_threads(settings.threads)
    loader = _onnx_loader(path, settings) if path.suffix == ".onnx" else _torch_loader(path, tokenizer, settings)
    inputs = _first_sentences(examples, tokenizer, settings)
    before, began = peak_memory_mib(), perf_counter()  # the libraries are imported: not the model's time and memory
    loaded = loader()
    load_seconds = perf_counter() - began
    times = time_runs(loaded.forward, inputs, settings)
    record = {
        "model": model,
        **loaded.description,
        "threads": settings.threads,
        "cores": cores,
        **times,
        "load_seconds": load_seconds,
        "memory_mib": peak_memory_mib() - before,
        "machine": describe_machine(),
        "provenance": provenance(settings.model_dump(), stopwatch),
    }
    write_json(output, record)


def _torch_loader(folder: Path, tokenizer: LoadedTokenizer, settings: TimingSettings) -> Callable[[], Loaded]:
    """Imports torch and transformers; what it returns loads the model."""
    import torch

    from distilbeto.finetuning.heads import add_head

    torch.set_num_threads(settings.threads)
    _check_tokenizer(folder, tokenizer)

    def load() -> Loaded:
        labels = [str(label) for label in range(settings.labels)]
        model = add_head(folder, TaskKind.TOKEN_CLASSIFICATION, labels, HEAD_SEED).model.eval()

        @torch.inference_mode()
        def forward(ids: NDArray[np.int64]) -> object:
            tokens = torch.from_numpy(ids)  # [1, length], without a copy
            return model(input_ids=tokens, attention_mask=torch.ones_like(tokens))

        description = {
            "parameters": sum(weights.numel() for weights in model.base_model.parameters()),
            "sentences": settings.sentences,
            "runs": settings.runs,
            "batch_size": 1,
            "max_length": settings.max_length,
        }
        return Loaded(forward, description)

    return load


def _onnx_loader(path: Path, settings: TimingSettings) -> Callable[[], Loaded]:
    """Imports onnxruntime, neither torch nor transformers; what it returns loads the model."""
    import onnxruntime  # noqa: F401

    from distilbeto.latency.onnx.session import open_session, run

    def load() -> Loaded:
        session = open_session(path, settings.threads)
        return Loaded(lambda ids: run(session, ids), {"form": path.stem})

    return load


def _check_tokenizer(folder: Path, tokenizer: LoadedTokenizer) -> None:
    found = read_json(folder / "manifest.json")["tokenizer"]
    if found != tokenizer.fingerprint:
        raise UserError(
            f"the model was made with the tokenizer {found}, expected {tokenizer.fingerprint}",
            where=folder / "manifest.json",
        )


def _first_sentences(examples: Path, tokenizer: LoadedTokenizer, settings: TimingSettings) -> list[NDArray[np.int64]]:
    """The token ids [1, length] of each of the sentences that are timed."""
    sentences = [sentence.words for sentence in examples_of(examples, TaggedSentence)[: settings.sentences]]
    if len(sentences) < settings.sentences:
        raise UserError(
            f"{len(sentences)} sentences, expected at least {settings.sentences}",
            where=examples,
            remedy="Set latency.sentences lower.",
        )
    return token_ids(sentences, tokenizer, settings.max_length)


def token_ids(
    sentences: Sequence[Sequence[str]], tokenizer: LoadedTokenizer, max_length: int
) -> list[NDArray[np.int64]]:
    """int64 [1, length] of each sentence, cut at `max_length` tokens."""
    template = tokenizer.template
    room = max_length - template.special(pair=False)
    return [np.array([template.framed(pieces.ids[:room])]) for pieces in pieces_of(sentences, tokenizer)]
