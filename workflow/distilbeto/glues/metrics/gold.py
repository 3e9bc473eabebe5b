"""The right answers to score against: examples as the workflow writes them, or the original file of a task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from distilbeto.errors import UserError
from distilbeto.glues.examples import (
    ClassificationExample,
    Example,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
    examples_of,
    refuse_impossible,
)
from distilbeto.glues.metrics.predictions import read_label_sets, read_numbers
from distilbeto.glues.readers import read
from distilbeto.glues.readers.conll2002 import check_span_tag
from distilbeto.glues.readers.lines import lines_of
from distilbeto.glues.readers.tsv import header_of
from distilbeto.glues.readers.word_per_line import word_columns
from distilbeto.glues.settings import DatasetSettings, ReaderName

Encoding = Literal["utf-8", "latin-1"]

LABELS = {
    "xnli": ("contradiction", "entailment", "neutral"),
    "paws_x": ("0", "1"),
    "mldoc": ("CCAT", "ECAT", "GCAT", "MCAT"),
}
READER_OF_COLUMN: dict[str, ReaderName] = {"gold_label": "xnli", "premise": "xnli_translated", "sentence1": "paws_x"}


def gold_labels(path: Path, task: str, encoding: Encoding) -> list[str]:
    """The labels of a .jsonl, of a .txt with one label a line, or of an original file of `task`.

    For a `task` that is no data set of GLUES the original format is told by the header.

    Raises:
        UserError: the file is malformed, or has a label that `task` does not have.
    """
    allowed = LABELS.get(task, ())
    if path.suffix == ".txt":
        labels = [line.strip() for _, line in lines_of(path, encoding)]
    elif path.suffix == ".jsonl":
        labels = [example.label for example in examples_of(path, ClassificationExample)]
    else:
        examples = _read(path, _classification_reader(path, task, encoding), encoding)
        labels = [example.label for example in examples if isinstance(example, ClassificationExample)]
    if not labels:
        raise UserError("the file holds no labels", where=path)
    foreign = next((label for label in labels if not label or (allowed and label not in allowed)), None)
    if foreign is not None:
        raise UserError(f"expected the labels {', '.join(allowed) or 'to be non-empty'}, found {foreign!r}", where=path)
    return labels


def gold_numbers(path: Path, encoding: Encoding) -> list[float]:
    """The targets of a .jsonl, or of a file of one number a line, as predictions are.

    Raises:
        UserError: the file is malformed, or holds no numbers.
    """
    if path.suffix == ".jsonl":
        return [example.target for example in examples_of(path, RegressionExample)]
    numbers = read_numbers(path, encoding=encoding)
    if not numbers:
        raise UserError("the file holds no numbers", where=path)
    return numbers


def gold_label_sets(path: Path) -> list[tuple[str, ...]]:
    """The labels of the examples of a JSON Lines file, or of one that holds a list of labels a line, as predictions do.

    Raises:
        UserError: the file is malformed, or empty.
    """
    with path.open("rb") as file:
        bare = file.read(1) == b"["
    sets = read_label_sets(path) if bare else [each.labels for each in examples_of(path, MultiLabelExample)]
    return [*sets]


def gold_sentences(path: Path, encoding: Encoding, *, spans: bool) -> list[TaggedSentence]:
    """The tagged sentences of a .jsonl, a .conllu, or a file of `word tag` or `word POS tag` lines.

    Raises:
        UserError: the file is malformed; or, with `spans`, a tag is not O, B-TYPE or I-TYPE.
    """
    if path.suffix == ".jsonl":
        return _checked(examples_of(path, TaggedSentence), path, spans=spans)
    if not spans and path.suffix != ".conllu":
        return _sentences_in_columns(path, encoding)
    reader: ReaderName = "conll2002" if spans else "conllu"
    return [example for example in _read(path, reader, encoding) if isinstance(example, TaggedSentence)]


def gold_answers(path: Path, encoding: Encoding, *, unanswerable: bool = False) -> dict[str, list[str]]:
    """The accepted answer texts of each question of a .jsonl or a SQuAD JSON, in its context or not.

    Raises:
        UserError: the file is malformed; or questions are impossible, and the task's are not `unanswerable`.
    """
    examples = examples_of(path, Question) if path.suffix == ".jsonl" else _read(path, "squad", encoding)
    questions = [each for each in examples if isinstance(each, Question)]
    if not unanswerable:
        refuse_impossible([question.is_impossible for question in questions], path)
    return {each.id: [answer.text for answer in each.answers] for each in questions}


def _classification_reader(path: Path, task: str, encoding: Encoding) -> ReaderName:
    columns = header_of(path, encoding)
    told = next((reader for column, reader in READER_OF_COLUMN.items() if column in columns), None)
    defaults: dict[str, ReaderName] = {"xnli": "xnli", "paws_x": "paws_x"}
    return told or defaults.get(task, "mldoc")


def _sentences_in_columns(path: Path, encoding: Encoding) -> list[TaggedSentence]:
    sentences = []
    for place, sentence in enumerate(word_columns(path, encoding), start=1):
        _, words, tags = zip(*sentence, strict=True)
        sentences.append(TaggedSentence(str(place), words, tags))
    if not sentences:
        raise UserError("the file holds no sentences", where=path)
    return sentences


def _checked(sentences: list[TaggedSentence], path: Path, *, spans: bool) -> list[TaggedSentence]:
    for line, sentence in enumerate(sentences, start=1):
        for tag in sentence.tags if spans else ():
            check_span_tag(tag, path, line)
    return sentences


def _read(path: Path, reader: ReaderName, encoding: Encoding) -> Sequence[Example]:
    settings = {"reader": reader, "source": "", "file": path.name, "encoding": encoding}
    return read(path, DatasetSettings.model_validate(settings)).examples
