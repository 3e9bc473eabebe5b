"""Settings of data sets and tasks: GLUES as data."""

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from distilbeto.glues.kinds import IOB_TAG, TaskKind, fields_of
from distilbeto.settings import Block

ReaderName = Literal["xnli", "xnli_translated", "paws_x", "conll2002", "conllu", "mldoc", "squad"]
OWN_READER = ".py"
Kind = Annotated[TaskKind, Field(strict=False)]  # YAML and JSON give it as text
Selection = Literal["lowest_loss", "last", "metric"]
ClassMetric = Literal["accuracy", "macro_f1", "mcc", "f1"]


def _ascending(bounds: list[float]) -> list[float]:
    if not bounds[0] < bounds[1]:
        raise ValueError(f"expected a lower and a higher number, found {bounds}")
    return bounds


Range = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_ascending)]


def _known(reader: str) -> str:
    names = get_args(ReaderName)
    if reader not in names and not reader.endswith(OWN_READER):
        raise ValueError(f"there is no reader {reader!r}; known: {', '.join(names)}; or give a Python file")
    return reader


class DatasetSettings(Block):
    reader: Annotated[
        str,
        AfterValidator(_known),
        WithJsonSchema({"anyOf": [{"enum": list(get_args(ReaderName))}, {"type": "string", "pattern": r"\.py$"}]}),
    ] = Field(description="Of the format, by its name; or a Python file with a function `read`.")
    source: str
    file: str | list[str] = Field(description="Path inside the source; of several, the examples follow one another.")
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    expected_examples: int | None = Field(None, gt=0, description="Count of the published file, checked when set.")
    document: Literal["whole", "first_two_sentences"] = Field("whole", description="MLDoc: what is read of a document.")
    word_column: int = Field(1, ge=1, description="Column files (conll2002): the column of the word, counted from 1.")
    tag_column: int | None = Field(None, ge=1, description="Column files: the column of the tag; null: the last.")

    @property
    def files(self) -> list[str]:
        return [self.file] if isinstance(self.file, str) else self.file

    @model_validator(mode="after")
    def _has_files(self) -> "DatasetSettings":
        if not self.files or len({*self.files}) < len(self.files):
            raise ValueError("file names no file, or one twice")
        return self


SETTINGS_OF_ONE_KIND = {
    "metric": TaskKind.SEQUENCE_CLASSIFICATION,
    "positive_label": TaskKind.SEQUENCE_CLASSIFICATION,
    "unanswerable": TaskKind.QUESTION_ANSWERING,
    "range": TaskKind.REGRESSION,
}


class TaskSettings(Block):
    name: str = Field(description="As it stands in the tables.")
    kind: Kind
    labels: list[str] = Field([], description="In the order of the logits; none for question answering and regression.")
    train: str
    dev: str
    tests: list[str] = Field(min_length=1)
    answer_metric: dict[str, Literal["squad", "mlqa_es"]] = Field(
        {}, description="Question answering: the official metric of each test set."
    )
    selection: Selection = Field(
        "lowest_loss",
        description="Which epoch is kept, by the development set: of the lowest loss, the last, or of the best metric "
        "(accuracy; conlleval's F1 of spans; the F1 of answers; the mean of both correlations; micro F1).",
    )
    spans: bool | None = Field(
        None,
        description="Token classification: whether the tags mark spans (IOB2: O, B-TYPE, I-TYPE), scored by conlleval, "
        "or stand for themselves, scored by accuracy.",
    )
    fallback_tag: str | None = Field(
        None, description="Token classification: predicted for words lost to truncation or without subtokens."
    )
    max_truncation_rate: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Token classification: share of words lost to truncation above which encoding stops.",
    )
    metric: ClassMetric = Field(
        "accuracy",
        description="Sequence classification: the metric of the tables, and of the selection by metric; f1 is that of "
        "positive_label.",
    )
    positive_label: str | None = Field(None, description="Sequence classification: the label whose F1 is scored as f1.")
    unanswerable: bool = Field(
        False,
        description="Question answering: some questions have no answer in their context (SQuAD v2). The threshold is "
        "chosen on the development set, and the metrics are those of SQuAD v2.",
    )
    range: Range | None = Field(
        None, description="Regression: two numbers that stand for 0 and 1 in training, where targets go beyond 10."
    )

    @model_validator(mode="after")
    def _fits_kind(self) -> "TaskSettings":
        expected = fields_of(self.kind) - ({"answer_metric"} if self.unanswerable else set())
        what = f"a task of {self.kind}{' that is unanswerable' if self.unanswerable else ''}"
        for name in sorted({field for kind in TaskKind for field in fields_of(kind)}):
            given = getattr(self, name) not in (None, [], {})
            if given != (name in expected):
                raise ValueError(f"{what} {'needs' if name in expected else 'has no'} {name}")
        for name, kind in SETTINGS_OF_ONE_KIND.items():
            if self.kind is not kind and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{what} has no {name}")
        if self.metric == "f1" and self.positive_label is None:
            raise ValueError("metric: f1 needs positive_label, the label whose F1 it is")
        if self.positive_label is not None and self.positive_label not in self.labels:
            raise ValueError(f"positive_label {self.positive_label!r} is none of the labels")
        if self.answer_metric and set(self.answer_metric) != set(self.tests):
            raise ValueError("answer_metric names a metric for each test set, and for no other")
        foreign = next((label for label in self.labels if not IOB_TAG.fullmatch(label)), None)
        if self.spans and foreign is not None:
            raise ValueError(f"spans: true, but the label {foreign!r} is none of O, B-TYPE, I-TYPE")
        return self


class EncodingSettings(Block):
    """What of a task and its tokenizer the features depend on."""

    kind: Kind
    labels: list[str] = Field(description="In the order of the logits.")
    range: Range | None = Field(None, description="Regression: what stands for 0 and for 1.")
    max_unk_rate: float = Field(0.2, gt=0, le=1, description="Share of UNK above which encoding stops.")
    max_truncation_rate: float = Field(
        0.05, ge=0, le=1, description="Share of words lost to truncation above which encoding stops."
    )
    unanswerable: bool = Field(False, description="Question answering: some questions have no answer.")
