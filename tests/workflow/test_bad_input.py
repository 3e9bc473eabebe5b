"""Bad input ends with one message that says what, where and what to do; nothing half-written is left."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

GOOD_LINES = "".join(f"esta es la línea número {number} de un corpus en español para probar\n" for number in range(99))
SQUAD = '{"data": [{"paragraphs": [{"context": "Juan vive.", "qas": [{"id": "1", "answers": []}]}]}]}'

Case = tuple[str, bytes, str, str, str]

# A source of the configuration, its broken content, the target that reads it, and what the message says.
CASES: dict[str, Case] = {
    "conll2002": (
        "conll2002_train",
        b"Juan NC B-PER\nvive\n\n",
        "examples/ner_train.jsonl",
        "esp.train, line 2",
        "",
    ),
    "conll2002_tag": (
        "conll2002_train",
        b"Juan NC B-PER\nvive VM 0\n\n",
        "examples/ner_train.jsonl",
        "esp.train, line 2",
        "",
    ),
    "conllu": (
        "ancora_train",
        b"1\tJuan\tJuan\tPROPN\n\n",
        "examples/pos_train.jsonl",
        "es_ancora-ud-train.conllu, line 1",
        "10",
    ),
    "tsv": (
        "xnli_translated",
        b"premise\thypo\tlabel\nJuan vive.\tJuan muere.\n",
        "examples/xnli_train.jsonl",
        "multinli.train.es.tsv, line 2",
        "",
    ),
    "squad": ("xquad", SQUAD.encode(), "examples/xquad.jsonl", "xquad.es.json", "question"),
    "squad_no_json": ("xquad", b'{"data": [', "examples/xquad.jsonl", "xquad.es.json", "not valid JSON"),
    "latin_1": (
        "conll2002_train",
        "Núñez NC B-PER\n\n".encode("latin-1"),
        "examples/ner_train.jsonl",
        "esp.train, line 1",
        "UTF-8",
    ),
    "empty_corpus": (
        "spanish_corpora",
        b"",
        "corpus/spanish_corpora/beto_uncased/wiki-0000.safetensors",
        "wiki.txt",
        "empty",
    ),
    "corpus_no_utf8": (
        "spanish_corpora",
        (GOOD_LINES + "el niño\n").encode("latin-1"),
        "corpus/spanish_corpora/beto_uncased/wiki-0000.safetensors",
        "wiki.txt, line 1",
        "UTF-8",
    ),
    "wrong_checksum": (
        "conll2002_train",
        b"Juan NC B-PER\n\n",
        "examples/ner_train.jsonl",
        "0" * 64,
        "has changed at its origin",
    ),
}
NAMES = {
    "conll2002_train": "esp.train",
    "ancora_train": "es_ancora-ud-train.conllu",
    "xnli_translated": "XNLI-MT-1.0/multinli/multinli.train.es.tsv",
    "xquad": "xquad.es.json",
    "spanish_corpora": "wiki.txt",
}


@pytest.mark.parametrize("case", CASES)
def test_the_message_names_file_and_line(snakemake: Callable, checkout: Path, case: str) -> None:
    source, content, target, *expected = CASES[case]
    file = checkout / "input" / NAMES[source]
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    whole_folder = source in ("xnli_translated", "spanish_corpora")
    block = {"location": "input" if whole_folder else f"input/{NAMES[source]}"}
    if case == "wrong_checksum":
        block["sha256"] = "0" * 64
    overlay = {
        "sources": {source: block},
        "corpora": {"spanish_corpora": {"files": [{"name": "wiki", "file": "wiki.txt", "bytes": 1000}]}},
    }
    (checkout / "overlay.yaml").write_text(yaml.safe_dump(overlay))
    ran = snakemake(
        "--workflow-profile",
        "profiles/demo",
        "--configfile",
        "profiles/demo/miniature.yaml",
        "overlay.yaml",
        "--",
        f"results/demo/{target}",
    )
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0, output
    assert "Traceback" not in output
    for words in expected:
        assert words in output, output
    left = [path for path in (checkout / "results" / "demo" / target).parent.rglob("*") if path.is_file()]
    assert not [path for path in left if path.suffix != ".json"], left


def test_a_path_that_is_not_there_is_named_before_the_first_job(snakemake: Callable, checkout: Path) -> None:
    (checkout / "overlay.yaml").write_text(
        yaml.safe_dump({"sources": {"xquad": {"location": "nowhere/xquad.es.json"}}})
    )
    ran = snakemake(
        "--workflow-profile",
        "profiles/demo",
        "--configfile",
        "profiles/demo/miniature.yaml",
        "overlay.yaml",
        "--",
        "results/demo/examples/xquad.jsonl",
    )
    assert ran.returncode != 0
    assert "sources.xquad: nowhere/xquad.es.json does not exist" in ran.stdout + ran.stderr
    assert not (checkout / "results" / "demo" / "examples").exists()
