"""Settings of a fine-tuning run: a row of Annex A, and what the annex leaves out."""

import json
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from distilbeto.errors import UserError
from distilbeto.finetuning.collapse import CollapseSettings
from distilbeto.glues.kinds import fields_of
from distilbeto.glues.settings import ClassMetric, Kind, Range, Selection
from distilbeto.job.renames import renamed
from distilbeto.models.settings import Precision
from distilbeto.settings import Block
from distilbeto.storage.files import read_json


class Hyperparameters(Block):
    """A row of Tables A.1-A.7."""

    batch_size: int = Field(gt=0, description="Examples of a forward pass (bs).")
    gradient_accumulation_steps: int = Field(
        1,
        gt=0,
        description="Forward passes of a step (ag); batch_size x gradient_accumulation_steps is the effective batch.",
    )
    max_length: int = Field(ge=16, description="Tokens (msl); padding is dynamic.")
    learning_rate: float = Field(gt=0, description="Peak (lr).")
    epochs: int = Field(gt=0, description="Passes over the training set (e).")
    weight_decay: float | None = Field(None, ge=0, description="In place of that of finetuning.optimization (wd).")
    blank_in_annex: bool = Field(
        False, description="The cell is blank in the annex; the value is that of the run's files."
    )


class Optimization(Block):
    """What Annex A omits; the defaults are those of the thesis's run."""

    warmup_ratio: float = Field(0.1, ge=0, lt=1, description="Of all steps, linear; then linear decay to 0.")
    weight_decay: float = Field(0.01, ge=0)
    adam_beta1: float = Field(0.9, ge=0, lt=1)
    adam_beta2: float = Field(0.999, ge=0, lt=1)
    adam_epsilon: float = Field(1e-8, gt=0)
    max_grad_norm: float = Field(1.0, gt=0)
    precision: Precision = Field("auto", description="auto: bf16 or fp16 on a GPU, fp32 elsewhere.")
    patience: int | None = Field(
        None,
        gt=0,
        description="Training ends after so many epochs without a better one, by `selection`; null: after all epochs.",
    )
    train_sampling_strategy: Literal["group_by_length", "random"] = Field(
        "group_by_length",
        description="Batches of sequences of like length, with little padding, or of any length, which are slower.",
    )


def weight_decay_of(hyperparameters: Hyperparameters, optimization: Optimization) -> float:
    own = hyperparameters.weight_decay
    return optimization.weight_decay if own is None else own


class QuestionAnswering(Block):
    """Windows over long contexts, and spans chosen from them."""

    stride: int = Field(128, ge=0, description="Tokens that two neighbouring windows share.")
    n_best: int = Field(20, gt=0)
    max_answer_tokens: int = Field(30, gt=0)


class PredictionSettings(Block):
    """All that predictions depend on but the fine-tuned model and its data."""

    kind: Kind
    labels: list[str] = Field(description="In the order of the logits; none for question answering and regression.")
    fallback_tag: str | None = Field(None, description="Token classification: predicted for words without subtokens.")
    question_answering: QuestionAnswering = QuestionAnswering()
    unanswerable: bool = Field(False, description="Question answering: some questions have no answer.")
    range: Range | None = Field(None, description="Regression: what the outputs 0 and 1 stand for.")

    @model_validator(mode="after")
    def _tags_every_word(self) -> "PredictionSettings":
        if "fallback_tag" in fields_of(self.kind) and self.fallback_tag is None:
            raise ValueError(f"{self.kind} needs a fallback_tag")
        return self


class RunSettings(PredictionSettings):
    """All that one fine-tuning depends on but its model, its data and its seed."""

    hyperparameters: Hyperparameters
    optimization: Optimization = Optimization()
    selection: Selection = Field("lowest_loss", description="Which epoch is kept.")
    spans: bool = Field(False, description="Token classification: whether the tags mark spans (IOB2).")
    metric: ClassMetric = Field("accuracy", description="Sequence classification: what selection by metric looks at.")
    positive_label: str | None = Field(None, description="Sequence classification: the label whose F1 is f1.")
    collapse: CollapseSettings = CollapseSettings()


def with_hyperparameters(settings: str, path: Path) -> str:
    """The JSON of a run's settings with the hyperparameters that a search left in `path`.

    Raises:
        UserError: the file holds none.
    """
    found = read_json(path)
    if not isinstance(found, dict) or "hyperparameters" not in found:
        raise UserError("expected a JSON object with the key hyperparameters", where=path)
    try:
        return json.dumps(json.loads(settings) | {"hyperparameters": renamed(found["hyperparameters"])})
    except (json.JSONDecodeError, TypeError):
        return settings  # its parser says what is wrong with it
