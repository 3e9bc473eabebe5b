"""Pairs a second of fine-tuning: padded to the annex's length, as in transformers' examples, and as in this project.

All ways train on the same real pairs, with the same model (its weights are random: time does not depend on them), token
ids and effective batch. The pairs are those of --pairs / --batch-size batches of an epoch over the whole training set
as this project orders it, evenly spaced from its shortest batch to its longest. The few longest pairs of the whole set,
to which other pairs are padded in random order, are rarely among them: that is to the advantage of transformers' way.

    padded to 512   every pair padded to 512 tokens beforehand, as in the thesis's run: the first --padded-pairs, since
                    they all take equally long, in micro-batches of 16, since more take much memory
    transformers    Trainer as in transformers' examples: random order, each batch padded to its longest pair
    this project    the trainer of scripts/finetune.py: those batches, from a memory-mapped file

Ways take turns, --rounds times; the median of each counts, without the setting up and without evaluation. The ratios
are this project's pairs a second over those padded to 512, and over transformers'.

The second table is of processes that run scripts/finetune.py on the whole training set up to its first step, features
encoded: the medians of the seconds for the imports, from their end to the first step, and of that step, which has the
longest pairs.

Example:
    python tests/benchmarks/finetuning.py --data $DISTILBETO_REAL_DATA
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from finetuning_ways import padded_way, project_way, transformers_way
from numpy.typing import NDArray

from distilbeto.finetuning.record import Run
from distilbeto.finetuning.sampler import PooledByLength
from distilbeto.finetuning.settings import RunSettings
from distilbeto.glues.encode import Lengths, encode
from distilbeto.glues.examples import Example, write_examples
from distilbeto.glues.features import open_features
from distilbeto.glues.readers import read
from distilbeto.glues.settings import DatasetSettings, EncodingSettings
from distilbeto.job.cli import argument_parser, start
from distilbeto.models.build import random_model
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.files import sha256_of, write_json
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

LENGTHS = Lengths(512, 0)
DEV_PAIRS = 64
SEED = 42
TINY = {"hidden_size": 312, "num_hidden_layers": 4, "intermediate_size": 1248, "num_attention_heads": 12}
DISTILBETO = {"hidden_size": 768, "num_hidden_layers": 6, "intermediate_size": 3072, "num_attention_heads": 12}
MODELS = {
    "s_albert_tiny": ("s-albert", Architecture(model_type="albert", embedding_size=128, dropout=0.0, **TINY)),
    "distilbeto": ("beto-uncased", Architecture(model_type="distilbert", **DISTILBETO)),
}
TASKS = {
    "xnli": ("xnli_translated", "xnli/multinli.train.es.tsv", ["entailment", "neutral", "contradiction"]),
    "paws_x": ("paws_x", "paws_x/es/translated_train.tsv", ["0", "1"]),
}


class Case(NamedTuple):
    """A run on a whole training set, and the same on the pairs of some batches of its epoch, in their order."""

    whole: Run
    sample: Run


class Pretrained(NamedTuple):
    """A model of random weights on disk, and its tokenizer."""

    name: str
    folder: Path
    tokenizer_folder: Path
    tokenizer: LoadedTokenizer


def parser() -> argparse.ArgumentParser:
    arguments = argument_parser(__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="folder with tokenizers/, xnli/ and paws_x/")
    arguments.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    arguments.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    arguments.add_argument("--pairs", type=int, default=320, help="to time (default: %(default)s)")
    arguments.add_argument("--padded-pairs", type=int, default=32, help="to time padded (default: %(default)s)")
    arguments.add_argument("--batch-size", type=int, default=32)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--threads", type=int, default=2)
    return arguments


def main(arguments: argparse.Namespace) -> None:
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = [pretrained(arguments.data, folder, model) for model in arguments.models]
        cases = {
            model: [case_of(arguments, model, folder / model.name, task) for task in arguments.tasks]
            for model in models
        }
        print("| model | pairs | tokens a pair | padded to 512 | transformers | this project | ratio | ratio |")
        print("|---|---|---|---|---|---|---|---|")
        for case in [case for of_model in cases.values() for case in of_model]:
            print(speed_row(case.sample, folder / "runs", arguments.padded_pairs, arguments.rounds), flush=True)
        print("\n| model | imports, s | to the first step, s | first step, s |\n|---|---|---|---|")
        for model, of_model in cases.items():
            print(start_row(model, of_model[0].whole, folder / "start", arguments), flush=True)


def pretrained(data: Path, folder: Path, name: str) -> Pretrained:
    kind, architecture = MODELS[name]
    tokenizer_folder = folder / kind
    prepare_tokenizer(data / "tokenizers" / kind, Normalization(), tokenizer_folder)
    tokenizer = load_tokenizer(tokenizer_folder)
    model = random_model(architecture, tokenizer, seed=1)
    weights = Weights(model.config, model.state_dict())
    model_folder = folder / f"{name}-model"
    save_model(model_folder, name, weights, origin="random", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
    return Pretrained(name, model_folder, tokenizer_folder, tokenizer)


def case_of(arguments: argparse.Namespace, model: Pretrained, folder: Path, task: str) -> Case:
    """A task with all that its runs read on disk."""
    reader, file, labels = TASKS[task]
    settings = DatasetSettings.model_validate({"reader": reader, "source": task, "file": file})
    examples = read(arguments.data / file, settings).examples

    def features(part: Sequence[Example], name: str) -> Path:
        return encoded(part, folder / f"{task}-{name}.safetensors", model.tokenizer, labels)

    row = {"batch_size": arguments.batch_size, "max_length": LENGTHS.max_length, "learning_rate": 5e-5, "epochs": 1}
    dev = features(examples[-DEV_PAIRS:], "dev")
    whole = Run(
        model=model.name,
        task=task,
        seed=SEED,
        model_folder=model.folder,
        tokenizer=model.tokenizer,
        train=features(examples[:-DEV_PAIRS], "train"),
        dev=dev,
        dev_examples=dev.with_suffix(".jsonl"),
        settings=RunSettings.model_validate(
            {"hyperparameters": row, "kind": "sequence_classification", "labels": labels}
        ),
        code="benchmark",
    )
    lengths = open_features(whole.train, model.tokenizer).lengths()
    places = sampled(lengths, arguments.batch_size, arguments.pairs)
    return Case(whole, whole._replace(train=features([examples[place] for place in places], "sample")))


def sampled(lengths: NDArray[np.int64], batch_size: int, pairs: int) -> list[int]:
    """Whole batches of an epoch, one after another, as many as `pairs` fill: evenly spaced by their length."""
    order = np.array(list(PooledByLength(lengths, batch_size, SEED)))
    batches = order[: len(order) // batch_size * batch_size].reshape(-1, batch_size)
    batches = batches[lengths[batches].sum(axis=1).argsort()]
    count = max(pairs // batch_size, 1)
    places: list[int] = batches[((np.arange(count) + 0.5) * len(batches) / count).astype(int)].ravel().tolist()
    return places


def encoded(examples: Sequence[Example], output: Path, tokenizer: LoadedTokenizer, labels: list[str]) -> Path:
    """The features of `examples`, which are written beside them."""
    path, manifest = output.with_suffix(".jsonl"), output.with_suffix(".json")
    write_examples(path, examples)
    write_json(manifest, {"dataset": output.stem, "sha256": sha256_of(path)})
    settings = EncodingSettings(kind="sequence_classification", labels=labels)
    encode(path, manifest, settings=settings, lengths=LENGTHS, tokenizer=tokenizer, output=output)
    return output


def speed_row(run: Run, folder: Path, padded_pairs: int, rounds: int) -> str:
    ways: list[Callable[[], float]] = [
        lambda: padded_way(run, folder, padded_pairs),
        lambda: transformers_way(run, folder),
        lambda: project_way(run, folder),
    ]
    speeds = np.array([[way() for way in ways] for _ in range(rounds)])
    padded, plain, project = np.median(speeds, axis=0)
    tokens = open_features(run.train, run.tokenizer).lengths().mean()
    return (
        f"| {run.model} | {run.task} | {tokens:.1f} | {padded:.2f} | {plain:.2f} | {project:.2f} |"
        f" {project / padded:.2f} | {project / plain:.2f} |"
    )


def start_row(model: Pretrained, run: Run, folder: Path, arguments: argparse.Namespace) -> str:
    """What processes of their own say of their first step."""
    found = [first_step(model, run, folder, arguments.threads) for _ in range(arguments.rounds)]
    cells = [f"{median(seconds[name] for seconds in found):.2f}" for name in ("imports", "start", "step")]
    return f"| {model.name} | {' | '.join(cells)} |"


def first_step(model: Pretrained, run: Run, folder: Path, threads: int) -> dict[str, float]:
    given = {
        "model": run.model,
        "task": run.task,
        "model-folder": model.folder,
        "tokenizer": model.tokenizer_folder,
        "train": run.train,
        "dev": run.dev,
        "dev-examples": run.dev_examples,
        "settings": run.settings.model_dump_json(),
        "seed": run.seed,
        "checkpoints": folder / "checkpoints",
        "output-folder": folder / "output",
        "threads": threads,
    }
    options = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    command = [sys.executable, str(Path(__file__).with_name("first_step.py")), *options]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    seconds: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return seconds


if __name__ == "__main__":
    start(main, parser())
