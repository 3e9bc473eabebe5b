"""Which shards a corpus has, planned from sizes alone."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from distilbeto.corpus.plan import PlannedFile, Sizes, plan_files
from distilbeto.corpus.settings import CorpusSettings, short_name_of
from distilbeto.errors import UserError

MANIFEST = Path("results/sources/mine.json")


def plan(sizes: Sizes, **settings: object) -> list[PlannedFile]:
    corpus = CorpusSettings.model_validate({"source": "mine", "shard_bytes": 1024, **settings})
    return plan_files(corpus, sizes, where="corpora.mine", manifest=MANIFEST)


def test_bytes_of_the_configuration_need_nothing_else_and_go_first() -> None:
    files = [{"name": "b", "file": "raw/b.txt", "bytes": 1025}, {"file": "a.txt", "bytes": 1}]
    planned = [PlannedFile("b", "raw/b.txt", 2), PlannedFile("a", "a.txt", 1)]
    assert plan({}, files=files) == planned
    assert plan({"raw/b.txt": 9999, "a.txt": 9999}, files=files) == planned


def test_a_size_left_out_is_that_of_the_source() -> None:
    files = [{"file": "a.txt"}, {"file": "b.txt", "bytes": 1}]
    assert [file.shards for file in plan({"a.txt": 4096, "b.txt": None}, files=files)] == [4, 1]


def test_without_files_a_corpus_is_all_of_its_source_but_hidden_files() -> None:
    sizes = {"old/es.txt": 1, "es.txt": 5000, ".DS_Store": 6000, ".git/x": None}
    assert plan(sizes) == [PlannedFile("es", "es.txt", 5), PlannedFile("old_es", "old/es.txt", 1)]


def test_an_empty_file_is_planned_too() -> None:
    """Its shard's job says that it is empty."""
    assert plan({"a.txt": 0}) == [PlannedFile("a", "a.txt", 1)]


@pytest.mark.parametrize(
    ("sizes", "settings", "message"),
    [
        ({}, {}, "which files the source has is not known yet"),
        ({}, {"files": [{"file": "a.txt"}]}, r"the size of a\.txt is not known yet"),
        ({"a.txt": None}, {}, r"the size of a\.txt is not known yet"),
        ({"a.txt": 1}, {"files": [{"file": "b.txt"}]}, r"the source mine has no file 'b\.txt'; it has a\.txt"),
        ({"a b.txt": 1, "a_b.txt": 1}, {}, r"a b\.txt and a_b\.txt have the same short name 'a_b'"),
        ({"日本.txt": 1}, {}, r"no short name can be made of '日本\.txt'"),
        ({"x.tar.gz": 1}, {}, r"x\.tar\.gz is an archive inside the source mine, not text"),
    ],
)
def test_what_cannot_be_planned_is_refused(sizes: Sizes, settings: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=f"corpora.mine: {message}"):
        plan(sizes, **settings)


def test_the_refusal_says_both_ways_out() -> None:
    with pytest.raises(UserError, match=r"snakemake --cores 1 results/sources/mine\.json(?s:.*)its `bytes`"):
        plan({})


def test_two_files_of_one_name_are_an_error_of_the_configuration() -> None:
    with pytest.raises(ValidationError, match="have the same short name 'a': give each a name of its own"):
        plan({}, files=[{"file": "a.txt", "bytes": 1}, {"file": "x/a.txt", "name": "a", "bytes": 1}])


@pytest.mark.parametrize(
    ("path", "name"),
    [("es.txt", "es"), ("raw/Europarl.es", "raw_Europarl_es"), ("Año 1/¿qué?.txt", "Ano_1_que"), ("a.b.txt", "a_b")],
)
def test_short_names(path: str, name: str) -> None:
    assert short_name_of(path) == name


@given(st.text())
def test_a_short_name_is_one_that_the_configuration_would_take(path: str) -> None:
    name = short_name_of(path)
    assert not name or CorpusSettings(source="s", files=[{"file": path, "name": name}]).files[0].name == name
