"""A tokenizer of words, tiny models, and toy tasks whose rule can be learned."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distilbeto.finetuning.record import Run
from distilbeto.finetuning.settings import Hyperparameters, RunSettings
from distilbeto.glues.encode import Lengths, encode
from distilbeto.glues.examples import ClassificationExample, Example, write_examples
from distilbeto.glues.settings import EncodingSettings
from distilbeto.models.build import random_model
from distilbeto.models.save import Weights, save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.files import sha256_of, write_json
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

NOUNS = ["pan", "sal", "oro", "sol", "mar", "pez"]
SPECIAL = ["[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]"]
LENGTHS = Lengths(16, 4)

Encode = Callable[..., Path]
MakeRun = Callable[..., Run]


@pytest.fixture(scope="session")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL, *NOUNS, "##es", "."]) + "\n", encoding="utf-8")
    prepare_tokenizer(folder, Normalization(), folder / "prepared")
    return folder / "prepared"


@pytest.fixture(scope="session")
def tokenizer(tokenizer_folder: Path) -> LoadedTokenizer:
    return load_tokenizer(tokenizer_folder)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory, tokenizer: LoadedTokenizer) -> Callable[..., Path]:
    """Make a tiny pre-trained model; keyword arguments replace parts of its architecture."""

    def make(**changes: Any) -> Path:
        shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
        architecture = Architecture(**{"model_type": "distilbert", "max_position_embeddings": 32, **shape, **changes})
        model, folder = random_model(architecture, tokenizer, 1), tmp_path_factory.mktemp("model")
        weights = Weights(model.config, model.state_dict())
        save_model(folder, "tiny", weights, origin="test", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
        return folder

    return make


@pytest.fixture(scope="session")
def encoded(tmp_path_factory: pytest.TempPathFactory, tokenizer: LoadedTokenizer) -> Encode:
    """Write examples and encode them; the path of the features, with the examples beside them as .jsonl."""

    def make(examples: list[Example], kind: str, labels: list[str], lengths: Lengths = LENGTHS, **more: Any) -> Path:
        path = tmp_path_factory.mktemp("features") / "toy.jsonl"
        write_examples(path, examples)
        write_json(path.with_suffix(".json"), {"dataset": "toy", "sha256": sha256_of(path)})
        output = path.with_suffix(".safetensors")
        settings = EncodingSettings.model_validate({"kind": kind, "labels": labels, "max_truncation_rate": 1.0, **more})
        encode(path, path.with_suffix(".json"), settings=settings, lengths=lengths, tokenizer=tokenizer, output=output)
        return output

    return make


def bread_examples(count: int, seed: int, *, wrong: bool = False) -> list[Example]:
    """Texts of the class sí where they mention bread; with `wrong`, of the other."""
    random = np.random.default_rng(seed)
    examples: list[Example] = []
    for number in range(count):
        words = random.choice(NOUNS[1:], random.integers(2, 9)).tolist()
        has_bread = number % 2 == 0
        text = " ".join(["pan", *words] if has_bread else words)
        examples.append(ClassificationExample(str(number), text, None, "sí" if has_bread != wrong else "no"))
    return examples


@pytest.fixture(scope="session")
def bread(encoded: Encode) -> dict[str, Path]:
    """Features to train, validate and test on, and `contrary`, whose labels are wrong."""
    sets = {"train": bread_examples(200, 1), "dev": bread_examples(40, 2), "test": bread_examples(40, 3)}
    sets["contrary"] = bread_examples(40, 2, wrong=True)
    return {name: encoded(examples, "sequence_classification", ["no", "sí"]) for name, examples in sets.items()}


@pytest.fixture
def make_run(model_folder: Callable[..., Path], tokenizer: LoadedTokenizer, bread: dict[str, Path]) -> MakeRun:
    """A run on the bread task; keyword arguments replace hyperparameters, and `run` parts of the run."""

    def make(run: dict[str, Any] | None = None, selection: str = "lowest_loss", **changes: Any) -> Run:
        hyperparameters = {"batch_size": 8, "max_length": 16, "learning_rate": 5e-3, "epochs": 2, **changes}
        settings = RunSettings.model_validate(
            {
                "hyperparameters": Hyperparameters.model_validate(hyperparameters),
                "kind": "sequence_classification",
                "labels": ["no", "sí"],
                "selection": selection,
            }
        )
        given = run or {}
        folder = given.get("model_folder") or model_folder()
        parts = {"model_folder": folder, "train": bread["train"], "dev": bread["dev"], "code": "x", **given}
        parts.setdefault("dev_examples", parts["dev"].with_suffix(".jsonl"))
        return Run(model="tiny", task="bread", seed=1, tokenizer=tokenizer, settings=settings, **parts)

    return make
