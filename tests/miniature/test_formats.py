"""Every generated file is read by the reader of the original, and holds what its task needs."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from distilbeto.glues.examples import (
    ClassificationExample,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
)
from distilbeto.glues.readers import read
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.settings import DatasetSettings, ReaderName
from distilbeto.miniature.settings import MiniatureSettings

UPOS_NAMES = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"
XNLI_TRAIN = "xnli_translated/XNLI-MT-1.0/multinli/multinli.train.es.tsv"
MLQA = "mlqa_translated/mlqa-translate-train/es_squad-translate-train"
SQUAD_ES = "squad_es/SQuAD-es-v1.1"


def read_file(path: Path, reader: ReaderName, **columns: str) -> ReadResult:
    settings = {"reader": reader, "source": "miniature", "file": path.name, "columns": columns}
    return read(path, DatasetSettings.model_validate(settings))


@pytest.mark.parametrize(
    ("path", "reader", "split", "labels"),
    [
        (XNLI_TRAIN, "xnli_translated", "train", {"entailment", "neutral", "contradiction"}),
        ("xnli/XNLI-1.0/xnli.dev.tsv", "xnli", "dev", {"entailment", "neutral", "contradiction"}),
        ("xnli/XNLI-1.0/xnli.test.tsv", "xnli", "test", {"entailment", "neutral", "contradiction"}),
        ("paws_x/x-final/es/translated_train.tsv", "paws_x", "train", {"0", "1"}),
        ("paws_x/x-final/es/dev_2k.tsv", "paws_x", "dev", {"0", "1"}),
        ("paws_x/x-final/es/test_2k.tsv", "paws_x", "test", {"0", "1"}),
        ("mldoc/mldoc.es.train.10000", "mldoc", "train", {"CCAT", "ECAT", "GCAT", "MCAT"}),
        ("mldoc/mldoc.es.dev", "mldoc", "dev", {"CCAT", "ECAT", "GCAT", "MCAT"}),
        ("mldoc/mldoc.es.test", "mldoc", "test", {"CCAT", "ECAT", "GCAT", "MCAT"}),
    ],
)
def test_classes(
    miniature: Path, settings: MiniatureSettings, path: str, reader: ReaderName, split: str, labels: set[str]
) -> None:
    examples = read_file(miniature / path, reader).examples
    assert all(isinstance(example, ClassificationExample) for example in examples)
    assert len(examples) == getattr(settings.xnli, split)
    counts = Counter(example.label for example in examples if isinstance(example, ClassificationExample))
    assert counts.keys() == labels
    assert max(counts.values()) < 0.7 * len(examples)


def test_xnli_mixes_languages_in_the_official_columns(miniature: Path, settings: MiniatureSettings) -> None:
    with (miniature / "xnli/XNLI-1.0/xnli.dev.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows[0]) == 19
    assert Counter(row["language"] for row in rows) == dict.fromkeys(("en", "es", "fr"), settings.xnli.dev)


def test_xnli_training_calls_contradiction_contradictory(miniature: Path) -> None:
    lines = (miniature / XNLI_TRAIN).read_text(encoding="utf-8").splitlines()
    assert {line.split("\t")[2] for line in lines[1:]} == {"entailment", "neutral", "contradictory"}


def test_mldoc_texts_are_bytes_literals(miniature: Path, settings: MiniatureSettings) -> None:
    result = read_file(miniature / "mldoc/mldoc.es.dev", "mldoc")
    assert result.repairs == {"bytes_literals_decoded": settings.mldoc.dev}


@pytest.mark.parametrize("name", ["esp.train", "esp.testa", "esp.testb"])
def test_entities_are_valid_iob2(miniature: Path, name: str) -> None:
    sentences = read_file(miniature / "conll2002" / name, "conll2002").examples
    kinds = set()
    for sentence in sentences:
        assert isinstance(sentence, TaggedSentence)
        for before, tag in zip(("O", *sentence.tags), sentence.tags, strict=False):
            assert not tag.startswith("I-") or before[2:] == tag[2:]
            kinds.add(tag[2:])
    assert kinds == {"", "PER", "LOC", "ORG", "MISC"}


def test_some_names_occur_only_in_the_test(miniature: Path) -> None:
    def names(file: str) -> set[str]:
        lines = (miniature / "conll2002" / file).read_text(encoding="utf-8").splitlines()
        return {line.split()[0] for line in lines if line.endswith("-PER")}

    unseen = names("esp.testb") - names("esp.train")
    assert 0 < len(unseen) < len(names("esp.testb")) / 2


def test_parts_of_speech_and_ranges(miniature: Path) -> None:
    path = miniature / "ancora/es_ancora-ud-train.conllu"
    tags = {tag for sentence in read_file(path, "conllu").examples for tag in sentence.tags}  # type: ignore[union-attr]
    assert tags == set(UPOS_NAMES.split())
    columns = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line[:1].isdigit()]
    ranges = {column[1].lower() for column in columns if "-" in column[0]}
    assert ranges >= {"del", "al"}
    assert any(form.endswith(("rlo", "rla", "rlos", "rlas")) for form in ranges)


@pytest.mark.parametrize(
    "path",
    [
        f"{MLQA}-train-v1.1.json",
        f"{MLQA}-dev-v1.1.json",
        "mlqa/MLQA_V1/dev/dev-context-es-question-es.json",
        "mlqa/MLQA_V1/test/test-context-es-question-es.json",
        "xquad/xquad.es.json",
    ],
)
def test_answers_stand_where_they_say(miniature: Path, path: str) -> None:
    result = read_file(miniature / path, "squad")
    assert not result.repairs
    assert all(isinstance(example, Question) and len(example.answers) == 1 for example in result.examples)


def test_some_answers_of_squad_es_stand_elsewhere_or_nowhere(miniature: Path) -> None:
    result = read_file(miniature / f"{SQUAD_ES}/train-v1.1-es.json", "squad")
    assert 0 < result.repairs["answers_dropped"] < result.repairs["answers_moved"] < 0.2 * len(result.examples)


def test_an_answer_is_the_only_one_of_its_kind(miniature: Path) -> None:
    for example in read_file(miniature / "xquad/xquad.es.json", "squad").examples:
        assert isinstance(example, Question)
        assert example.context.count(example.answers[0].text) == 1


def test_a_question_in_four_is_impossible(miniature: Path) -> None:
    questions = read_file(miniature / "squad_v2/train-v2.0.json", "squad").examples
    impossible = [question for question in questions if isinstance(question, Question) and question.is_impossible]
    assert 4 * len(impossible) == len(questions)


def test_mlqa_answers_begin_with_articles_in_its_test_only(miniature: Path) -> None:
    def share(path: str) -> float:
        data = json.loads((miniature / path).read_text(encoding="utf-8"))["data"]
        texts = [
            question["answers"][0]["text"]
            for article in data
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
        return sum(text.startswith(("el ", "la ", "los ")) for text in texts) / len(texts)

    assert share(f"{MLQA}-train-v1.1.json") == 0
    assert 0.3 < share("mlqa/MLQA_V1/test/test-context-es-question-es.json") < 0.7


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_similarities_are_means_of_grades(miniature: Path, split: str) -> None:
    columns = {"text": "sentence1", "text_pair": "sentence2", "target": "label"}
    examples = read_file(miniature / f"sts/{split}.jsonl", "records", **columns).examples
    targets = [example.target for example in examples if isinstance(example, RegressionExample)]
    assert len(targets) == len(examples)
    assert set(targets) <= {grade / 5 for grade in range(26)}
    assert min(targets) < 0.5 < 4.5 < max(targets)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_documents_have_any_number_of_topics(miniature: Path, split: str) -> None:
    examples = read_file(miniature / f"topics/{split}.jsonl", "records").examples
    sets = [example.labels for example in examples if isinstance(example, MultiLabelExample)]
    assert len(sets) == len(examples)
    assert {label for labels in sets for label in labels} == {"CCAT", "ECAT", "GCAT", "MCAT"}
    assert {len(labels) for labels in sets} >= {0, 1, 2, 3}
