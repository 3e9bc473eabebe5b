"""Generate the whole miniature: a folder for each source, with the files and formats of the original."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.miniature import formats
from distilbeto.miniature.checkpoints import albert_variables, write_checkpoint
from distilbeto.miniature.corpus import corpus_lines
from distilbeto.miniature.documents import documents, mixed_documents
from distilbeto.miniature.encoders import BERT_WIDTH, encoder_files, save_encoder
from distilbeto.miniature.grammar import Speaker
from distilbeto.miniature.lexicon import EVERYDAY, TOPICS
from distilbeto.miniature.names import EVERYONE, Names, seen_in_training
from distilbeto.miniature.pairs import entailment_pairs, paraphrase_pairs, similar_pairs
from distilbeto.miniature.questions import paragraphs
from distilbeto.miniature.sentences import sentence
from distilbeto.miniature.settings import CheckpointSettings, MiniatureSettings, Splits
from distilbeto.miniature.squad import V2, spoiled, squad
from distilbeto.miniature.tokenizers import albert_model, beto_vocabulary
from distilbeto.miniature.words import Phrase

Files = Iterator[tuple[str, str]]


def generate(settings: MiniatureSettings, output: Path) -> None:
    """Make the folder `output`, whole or not at all; what stood there is replaced."""
    partial = output.with_name(f".{output.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _generate(settings, partial)
        shutil.rmtree(output, ignore_errors=True)
        partial.rename(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _generate(settings: MiniatureSettings, folder: Path) -> None:
    lines = []
    for name, size in settings.corpus_bytes.items():
        file_lines = list(corpus_lines(name, settings.seed, size))
        _write(folder / "corpus" / f"{name}.txt", "".join(file_lines).encode())
        lines += [line.rstrip("\n") for line in file_lines]
    _write(folder / "beto_tokenizer" / "vocab.txt", beto_vocabulary(lines, settings.vocab_size).encode())
    _write(folder / "albert_tokenizer" / "spiece.model", albert_model(lines, settings.vocab_size))
    for path, text in task_files(settings):
        _write(folder / path, text.encode())
    for checkpoint in settings.checkpoints:
        write_checkpoint(folder / checkpoint.name / "model.ckpt", _random_albert(checkpoint, settings.vocab_size))
    for encoder in settings.encoders:
        for file, text in encoder_files(lines, encoder.architecture.model_type, settings.vocab_size).items():
            _write(folder / encoder.name / file, text.encode())
        save_encoder(folder / encoder.name, encoder, settings.vocab_size)


def _random_albert(checkpoint: CheckpointSettings, vocab_size: int) -> dict[str, NDArray[Any]]:
    """Random weights with a deviation that suits the width: at BERT's, a tiny model hardly learns in a few epochs."""
    variables = albert_variables(checkpoint.architecture, vocab_size, checkpoint.seed)
    scale = np.float32(np.sqrt(BERT_WIDTH / checkpoint.architecture.hidden_size))
    return {name: values * scale if values.ndim > 1 else values for name, values in variables.items()}


def task_files(settings: MiniatureSettings) -> Files:
    """Path and content of every file of the ten data sets."""
    yield from _xnli(settings)
    yield from _paws_x(settings)
    yield from _conll2002(settings)
    yield from _ancora(settings)
    yield from _mldoc(settings)
    yield from _mlqa(settings)
    yield from _squad_es(settings)
    yield from _squad_v2(settings)
    yield from _sts(settings)
    yield from _topics(settings)


def _xnli(settings: MiniatureSettings) -> Files:
    for split, count, random, names in _splits(settings, "xnli", settings.xnli):
        pairs = entailment_pairs(random, names, count)
        if split == "train":
            yield "xnli_translated/XNLI-MT-1.0/multinli/multinli.train.es.tsv", formats.xnli_translated(pairs)
        else:
            yield f"xnli/XNLI-1.0/xnli.{split}.tsv", formats.xnli(pairs)


def _paws_x(settings: MiniatureSettings) -> Files:
    files = {"train": "translated_train", "dev": "dev_2k", "test": "test_2k"}
    for split, count, random, names in _splits(settings, "paws_x", settings.paws_x):
        yield f"paws_x/x-final/es/{files[split]}.tsv", formats.paws_x(paraphrase_pairs(random, names, count))


def _conll2002(settings: MiniatureSettings) -> Files:
    files = {"train": "esp.train", "dev": "esp.testa", "test": "esp.testb"}
    for split, count, random, names in _splits(settings, "conll2002", settings.conll2002):
        yield f"conll2002/{files[split]}", formats.conll2002(_sentences(random, names, count))


def _ancora(settings: MiniatureSettings) -> Files:
    for split, count, random, names in _splits(settings, "ancora", settings.ancora):
        name = f"es_ancora-ud-{split}"
        yield f"ancora/{name}.conllu", formats.conllu(_sentences(random, names, count), name)


def _mldoc(settings: MiniatureSettings) -> Files:
    files = {"train": "train.10000", "dev": "dev", "test": "test"}
    for split, count, random, names in _splits(settings, "mldoc", settings.mldoc):
        yield f"mldoc/mldoc.es.{files[split]}", formats.mldoc(documents(random, names, count))


def _mlqa(settings: MiniatureSettings) -> Files:
    """Training on translated SQuAD; tests written by people, who begin half of the answers with their article."""
    for split, count, random, names in _splits(settings, "mlqa", settings.mlqa):
        if split != "test":
            path = f"mlqa_translated/mlqa-translate-train/es_squad-translate-train-{split}-v1.1.json"
            yield path, squad(paragraphs(random, names, count), path)
        if split != "train":
            path = f"mlqa/MLQA_V1/{split}/{split}-context-es-question-es.json"
            yield path, squad(paragraphs(random, names, count, article_share=0.5), path, 1.0)


def _squad_es(settings: MiniatureSettings) -> Files:
    for split, count, random, names in _splits(settings, "squad_es", settings.squad_es):
        if split == "test":
            yield "xquad/xquad.es.json", squad(paragraphs(random, names, count), "xquad", "1.1")
        else:
            path = f"squad_es/SQuAD-es-v1.1/{split}-v1.1-es.json"
            yield path, squad(spoiled(paragraphs(random, names, count), random, settings.wrong_offsets), path, "1.1")


def _squad_v2(settings: MiniatureSettings) -> Files:
    """A question in four is impossible, as a third is in SQuAD v2."""
    for split, count, random, names in _splits(settings, "squad_v2", settings.squad_v2):
        path = f"squad_v2/{split}-v2.0.json"
        yield path, squad(paragraphs(random, names, count, impossible=1), path, V2)


def _sts(settings: MiniatureSettings) -> Files:
    for split, count, random, names in _splits(settings, "sts", settings.sts):
        yield f"sts/{split}.jsonl", formats.similarities(similar_pairs(random, names, count))


def _topics(settings: MiniatureSettings) -> Files:
    for split, count, random, names in _splits(settings, "topics", settings.topics):
        yield f"topics/{split}.jsonl", formats.topics(mixed_documents(random, names, count))


def _splits(settings: MiniatureSettings, name: str, sizes: Splits) -> Iterator[tuple[str, int, Random, Names]]:
    """Each split with its size, its own stream of random numbers, and its names: only tests use all of them."""
    for split, count in sizes.model_dump().items():
        names = EVERYONE if split == "test" else seen_in_training()
        yield split, count, Random(f"{settings.seed}/{name}/{split}"), names


def _sentences(random: Random, names: Names, count: int) -> Iterator[Phrase]:
    topics = (EVERYDAY, *TOPICS.values())
    return (sentence(Speaker(random, names, random.choice(topics))) for _ in range(count))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
