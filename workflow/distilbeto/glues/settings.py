"""Settings of data sets and tasks: GLUES as data."""

from typing import Annotated, Literal, assert_never, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from distilbeto.glues.kinds import IOB_TAG, TaskKind
from distilbeto.settings import Block

ReaderName = Literal["xnli", "xnli_translated", "paws_x", "conll2002", "conllu", "mldoc", "squad"]
OWN_READER = ".py"
Kind = Annotated[TaskKind, Field(strict=False)]  # YAML and JSON give it as text
Selection = Literal["lowest_loss", "last", "metric"]
Count = Annotated[int, Field(gt=0)]


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
    expected_examples: Count | list[Count] | None = Field(
        None, description="Count of the published file, or those of several that are published; checked when set."
    )
    document: Literal["whole", "first_two_sentences"] = Field("whole", description="MLDoc: what is read of a document.")

    @property
    def files(self) -> list[str]:
        return [self.file] if isinstance(self.file, str) else self.file

    @model_validator(mode="after")
    def _has_files(self) -> "DatasetSettings":
        if not self.files or len({*self.files}) < len(self.files):
            raise ValueError("file names no file, or one twice")
        return self


class TaskSettings(Block):
    name: str = Field(description="As it stands in the tables.")
    kind: Kind
    labels: list[str] = Field([], description="In the order of the logits; empty for question answering.")
    train: str
    dev: str
    tests: list[str] = Field(min_length=1)
    answer_metric: dict[str, Literal["squad", "mlqa_es"]] = Field(
        {}, description="Question answering: the official metric of each test set."
    )
    selection: Selection = Field(
        "lowest_loss",
        description="Which epoch is kept, by the development set: of the lowest loss, the last, or of the best metric "
        "(accuracy; conlleval's F1 of spans; the F1 of answers).",
    )
    spans: bool | None = Field(
        None,
        description="Token classification: whether the tags mark spans (IOB2: O, B-TYPE, I-TYPE), scored by conlleval, "
        "or stand for themselves, scored by accuracy.",
    )
    fallback_tag: str | None = Field(
        None, description="Token classification: predicted for words lost to truncation or without subtokens."
    )

    @model_validator(mode="after")
    def _fits_kind(self) -> "TaskSettings":
        match self.kind:
            case TaskKind.TOKEN_CLASSIFICATION:
                expected = {"labels", "spans", "fallback_tag"}
            case TaskKind.SEQUENCE_CLASSIFICATION:
                expected = {"labels"}
            case TaskKind.QUESTION_ANSWERING:
                expected = {"answer_metric"}
            case _:
                assert_never(self.kind)
        for name in ("labels", "spans", "fallback_tag", "answer_metric"):
            given = getattr(self, name) not in (None, [], {})
            if given != (name in expected):
                raise ValueError(f"a task of {self.kind} {'needs' if name in expected else 'has no'} {name}")
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
    max_unk_rate: float = Field(0.2, gt=0, le=1, description="Share of UNK above which encoding stops.")
