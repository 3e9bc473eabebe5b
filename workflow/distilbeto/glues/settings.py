"""Settings of data sets and tasks: GLUES as data."""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from distilbeto.glues.kinds import IOB_TAG, TaskKind, fields_of
from distilbeto.settings import Block

ReaderName = Literal["xnli", "xnli_translated", "paws_x", "conll2002", "conllu", "mldoc", "squad", "records"]
Role = Literal[
    "id", "text", "text_pair", "label", "target", "labels", "tokens", "tags", "question", "context", "answers"
]
OWN_READER = ".py"
Kind = Annotated[TaskKind, Field(strict=False)]  # YAML and JSON give it as text
Selection = Literal["lowest_loss", "last", "metric"]
ClassMetric = Literal["accuracy", "macro_f1", "mcc", "f1"]


def _ascending(bounds: list[float]) -> list[float]:
    if not bounds[0] < bounds[1]:
        raise ValueError(f"expected a lower and a higher number, found {bounds}")
    return bounds


def value_text(value: object) -> str:
    """A value of a file or of YAML as a label: 1 and 1.0 are "1", true is "true".

    Raises:
        ValueError: it is no text, whole number, true or false.
    """
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            raise ValueError(f"expected a text or a whole number, found {value!r}")


def _by_text(names: Any) -> Any:
    return {value_text(value): name for value, name in names.items()} if isinstance(names, dict) else names


def _texts(values: Any) -> Any:
    if not isinstance(values, dict):
        return values
    listed = {column: found if isinstance(found, list) else [found] for column, found in values.items()}
    return {column: [value_text(value) for value in found] for column, found in listed.items()}


Range = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_ascending)]
Count = Annotated[int, Field(gt=0)]


def _known(reader: str) -> str:
    names = get_args(ReaderName)
    if reader not in names and not reader.endswith(OWN_READER):
        raise ValueError(f"there is no reader {reader!r}; known: {', '.join(names)}; or give a Python file")
    return reader


Wanted = str | int | list[str | int]

# The columns that an example of each kind has, and those that it may have.
KINDS_OF_COLUMNS: dict[TaskKind, tuple[set[str], set[str]]] = {
    TaskKind.SEQUENCE_CLASSIFICATION: ({"text", "label"}, {"id", "text_pair"}),
    TaskKind.REGRESSION: ({"text", "target"}, {"id", "text_pair"}),
    TaskKind.MULTI_LABEL_CLASSIFICATION: ({"text", "labels"}, {"id", "text_pair"}),
    TaskKind.TOKEN_CLASSIFICATION: ({"tokens", "tags"}, {"id"}),
    TaskKind.QUESTION_ANSWERING: ({"question", "context", "answers"}, {"id"}),
}


class DatasetSettings(Block):
    reader: Annotated[
        str,
        AfterValidator(_known),
        WithJsonSchema({"anyOf": [{"enum": list(get_args(ReaderName))}, {"type": "string", "pattern": r"\.py$"}]}),
    ] = Field(description="Of the format, by its name; or a Python file with a function `read`.")
    source: str
    file: str | list[str] = Field(
        description="Path inside the source, or a pattern (train-*.parquet); of several files, the examples follow one "
        "another."
    )
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    expected_examples: Count | list[Count] | None = Field(
        None, description="Count of the published file, or those of several that are published; checked when set."
    )
    document: Literal["whole", "first_two_sentences"] = Field("whole", description="MLDoc: what is read of a document.")
    word_column: int = Field(1, ge=1, description="Column files (conll2002): the column of the word, counted from 1.")
    tag_column: int | None = Field(None, ge=1, description="Column files: the column of the tag; null: the last.")

    columns: dict[Role, str | list[str]] = Field(
        {},
        description="records: the column of each part of an example. `label` is a class, `target` a number, `labels` "
        "any number of labels: a column of lists, or a list of columns that hold 1 or 0. Empty: the usual names.",
    )
    label_map: Annotated[dict[str, str] | list[str], BeforeValidator(_by_text)] = Field(
        {}, description="records: the label for each value of the file; or, where these count from 0, a list of labels."
    )
    where: Annotated[dict[str, list[str]], BeforeValidator(_texts, json_schema_input_type=dict[str, Wanted])] = Field(
        {}, description="records: only rows that have this value, or one of these values, in a column."
    )
    empty_texts: Literal["refuse", "keep"] = Field(
        "refuse", description="records: what to do with a text without words."
    )

    @property
    def files(self) -> list[str]:
        return [self.file] if isinstance(self.file, str) else self.file

    @property
    def kind(self) -> TaskKind | None:
        """What `columns` are for; None where they say nothing."""
        given = {*self.columns}
        fitting = (kind for kind, (parts, more) in KINDS_OF_COLUMNS.items() if parts <= given <= parts | more)
        return next(fitting, None)

    @property
    def known_labels(self) -> list[str]:
        """The labels that the settings themselves name."""
        if isinstance(self.label_map, list):
            return self.label_map
        columns = self.columns.get("labels")
        if isinstance(columns, list):
            return [self.label_map.get(column, column) for column in columns]
        return list(self.label_map.values())

    @model_validator(mode="after")
    def _has_files(self) -> "DatasetSettings":
        if not self.files or len({*self.files}) < len(self.files):
            raise ValueError("file names no file, or one twice")
        return self

    @model_validator(mode="after")
    def _fits_reader(self) -> "DatasetSettings":
        foreign = [name for name in ("columns", "label_map", "where") if getattr(self, name)]
        if foreign and self.reader != "records" and not self.reader.endswith(OWN_READER):
            raise ValueError(f"{foreign[0]} is read by `reader: records`, not by {self.reader}")
        listed = next((role for role, column in self.columns.items() if isinstance(column, list)), "labels")
        if listed != "labels":
            raise ValueError(f"columns.{listed} is one column; only labels may be several")
        if self.columns and self.kind is None:
            kinds = "; ".join(", ".join(sorted(parts, reverse=True)) for parts, _ in KINDS_OF_COLUMNS.values())
            raise ValueError(f"columns are those of no kind of example: {', '.join(self.columns)}; expected: {kinds}")
        return self


SETTINGS_OF_ONE_KIND = {
    "metric": TaskKind.SEQUENCE_CLASSIFICATION,
    "positive_label": TaskKind.SEQUENCE_CLASSIFICATION,
    "answer_metric": TaskKind.QUESTION_ANSWERING,
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
        {}, description="Question answering: the official metric of each test set; without it SQuAD's."
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
        expected, what = fields_of(self.kind), f"a task of {self.kind}"
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
        if self.answer_metric and self.unanswerable:
            raise ValueError(f"{what} that is unanswerable has no answer_metric")
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
