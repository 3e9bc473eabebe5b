"""The data sets as published, and stand-ins in their formats, where DISTILBETO_REAL_DATA has them."""

import os
from pathlib import Path

import pytest
from tests.glues.readers.forms import dataset

from distilbeto.glues.readers import read

PUBLISHED = {
    "ner/esp.train": ("conll2002", 8323),
    "ner/esp.testa": ("conll2002", 1915),
    "ner/esp.testb": ("conll2002", 1517),
    "pos/es_ancora-ud-dev.conllu": ("conllu", 1654),
    "pos/es_ancora-ud-test.conllu": ("conllu", 1721),
    "pos/es_gsd-ud-dev.conllu": ("conllu", 1400),
    "pos/es_gsd-ud-test.conllu": ("conllu", 427),
    "pos/es_pud-ud-test.conllu": ("conllu", 1000),
    "pos/ud-1.4/es-ud-dev.conllu": ("conllu", 1552),
    "pos/ud-1.4/es-ud-test.conllu": ("conllu", 274),
    "pos/ud-1.4/es_ancora-ud-dev.conllu": ("conllu", 1654),
    "pos/ud-1.4/es_ancora-ud-test.conllu": ("conllu", 1721),
    "qa/xquad.es.json": ("squad", 1190),
    "qa/dev-v1.1-es_small.json": ("squad", 6583),
    "xnli/xnli.dev.tsv": ("xnli", 2490),
    "xnli/xnli.test.tsv": ("xnli", 5010),
}


STAND_INS = {
    "xnli/multinli.train.es.tsv": ("xnli_translated", 5844),
    "paws_x/es/translated_train.tsv": ("paws_x", 5749),
    "paws_x/es/dev_2k.tsv": ("paws_x", 1500),
    "paws_x/es/test_2k.tsv": ("paws_x", 1379),
    "mldoc/mldoc.es.train.4000": ("mldoc", 4000),
    "mldoc/mldoc.es.dev": ("mldoc", 600),
    "mldoc/mldoc.es.test": ("mldoc", 1400),
    "qa/tar-train.json": ("squad", 4802),
    "qa/tar-dev.json": ("squad", 1049),
}
FILES = PUBLISHED | STAND_INS

on_real_data = pytest.mark.skipif(
    not os.environ.get("DISTILBETO_REAL_DATA"), reason="DISTILBETO_REAL_DATA names no folder of real data"
)


@on_real_data
@pytest.mark.parametrize("file", FILES)
def test_files_have_their_counts(file: str) -> None:
    reader, count = FILES[file]
    read(Path(os.environ["DISTILBETO_REAL_DATA"], file), dataset(reader, expected_examples=count))


@on_real_data
def test_no_data_set_is_left_unread() -> None:
    folder = Path(os.environ["DISTILBETO_REAL_DATA"])
    files = (path for task in ("xnli", "pos", "paws_x", "ner", "mldoc", "qa") for path in (folder / task).rglob("*"))
    assert {str(path.relative_to(folder)) for path in files if path.is_file()} == set(FILES)


@on_real_data
def test_all_that_is_wrong_with_tars_answers_is_that_some_are_empty() -> None:
    result = read(Path(os.environ["DISTILBETO_REAL_DATA"], "qa/dev-v1.1-es_small.json"), dataset("squad"))
    assert result.repairs == {"empty_answers_dropped": 4080}
    assert sum(len(question.located) for question in result.examples) == 17899
    assert all(question.located for question in result.examples)
