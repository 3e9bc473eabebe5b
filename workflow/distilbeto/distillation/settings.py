"""Settings of a student: its teacher, its initial weights, its losses, its training."""

from typing import Literal

from pydantic import Field, model_validator

from distilbeto.models.layer_copy import LayerMap
from distilbeto.models.settings import Architecture, Precision
from distilbeto.settings import Block


class Initialization(Block):
    layers: list[int] | LayerMap | None = Field(
        None,
        description="Layers of the teacher copied to layers 0, 1, ...: numbers; thesis (the first, the last, evenly"
        " between); lower (the first ones); uniform (the last of each of equal groups). null: random weights.",
    )
    copy_head_transform: bool = Field(
        True, description="Copy the transform of the MLM head too (the thesis's run left it random)."
    )


class Losses(Block):
    """L = alpha_ce KL(teacher, student) T^2 + alpha_mlm MLM + alpha_cos (1 - cosine of last hidden states)."""

    alpha_ce: float = Field(5.0, ge=0)
    alpha_mlm: float = Field(2.0, ge=0)
    alpha_cos: float = Field(1.0, ge=0)
    temperature: float = Field(2.0, gt=0)
    loss_tokens: Literal["masked", "all"] = Field(
        "masked", description="masked: the thesis's text; all (but padding): its run."
    )


class Masking(Block):
    mlm_probability: float = Field(0.15, gt=0, lt=1, description="Share of the tokens that are targets.")
    mask_replace_prob: float = Field(0.8, ge=0, le=1, description="Share of the targets replaced by MASK.")
    random_replace_prob: float = Field(
        0.1, ge=0, le=1, description="Share of the targets replaced by a random token; the rest stays."
    )
    smoothing: float = Field(0.7, ge=0, description="A token is drawn in proportion to max(count, 1)^-smoothing.")
    drawn_over: Literal["sequence", "corpus"] = Field(
        "sequence",
        description="sequence: each has its share, rounded up. corpus: each token by itself, with the probability that"
        " gives the corpus its share; the limit of large batches in the thesis's run, where a sequence may have none.",
        exclude_if=lambda value: value == "sequence",  # records of before it was there stay as they are
    )

    @model_validator(mode="after")
    def _shares(self) -> "Masking":
        if self.mask_replace_prob + self.random_replace_prob > 1:
            raise ValueError("mask_replace_prob + random_replace_prob is over 1")
        return self


class Optimizer(Block):
    learning_rate: float = Field(5e-4, gt=0)
    warmup_ratio: float = Field(0.05, ge=0, lt=1, description="Of all steps, linear; then linear decay to 0.")
    adam_beta1: float = Field(0.9, ge=0, lt=1)
    adam_beta2: float = Field(0.98, ge=0, lt=1)
    adam_epsilon: float = Field(1e-6, gt=0)
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(5.0, gt=0)


class Speed(Block):
    """What makes a GPU faster or takes less of its memory, and changes nothing but rounding and what dropout draws.

    Off as long as it was not measured there: `make gpu-benchmark` shows what each brings.
    """

    micro_batch_cost: int = Field(
        192,
        ge=0,
        description="Tokens of padding that one micro-batch less is worth. A CPU is kept busy by any; a GPU waits for"
        " small ones: 2,048 or 8,192.",
    )
    allow_tf32: bool = Field(False, description="Round the factors of matrix products in fp32 to TF32 (GPUs alone).")
    cast_teacher: bool = Field(
        False, description="With bf16 or fp16, convert the teacher once, instead of its weights in each forward pass."
    )
    skip_full_mask: bool = Field(
        False, description="Pass no mask where nothing is padded: attention then takes its fastest kernel."
    )
    max_logits: int = Field(
        2**29,
        gt=0,
        description="Of each model, held at a time; what a micro-batch has more is computed piece by piece.",
    )


class TrainingSettings(Block):
    """All that a student's weights depend on, but the corpus itself."""

    teacher: str | None = Field(None, description="Name of a model; null: plain masked-language-model pre-training.")
    corpus: str
    tokenizer: str
    architecture: Architecture
    initialization: Initialization = Initialization()
    losses: Losses = Losses()
    masking: Masking = Masking()
    optimizer: Optimizer = Optimizer()
    steps: int = Field(gt=0, description="Of the whole training.")
    sequences_per_step: int = Field(4096, gt=0, description="Sequences of a step.")
    micro_batch_tokens: int = Field(16384, gt=0, description="Tokens, padding counted, of a forward pass.")
    validation_sequences: int = Field(
        1000, ge=0, description="Held out of training, evaluated at the end of each segment."
    )
    seed: int = 42
    precision: Precision = Field("auto", description="auto: bf16 or fp16 on a GPU, fp32 elsewhere.")
    compile: bool = Field(
        False,
        description="torch.compile the encoders. Changes nothing of the science: rounding, and what dropout draws.",
    )
    # Left out of records as long as it is the default: results of before it was there stay as they are.
    speed: Speed = Field(Speed(), exclude_if=lambda speed: speed == Speed())

    @model_validator(mode="after")
    def _teacher_gives(self) -> "TrainingSettings":
        if self.teacher is None and self.initialization.layers is not None:
            raise ValueError("initialization.layers needs a teacher")
        if (
            isinstance(self.initialization.layers, list)
            and len(self.initialization.layers) != self.architecture.num_hidden_layers
        ):
            raise ValueError(
                f"initialization.layers names {len(self.initialization.layers)} layers,"
                f" the student has {self.architecture.num_hidden_layers}"
            )
        return self


class StudentSettings(TrainingSettings):
    """A training, and how it is cut into jobs, which changes nothing of its result."""

    segment_steps: int = Field(gt=0, description="Steps of a segment: one job, one saved state.")

    def segment_ends(self) -> list[int]:
        """The steps at which a state is saved, the last being the end of the training."""
        return [*range(self.segment_steps, self.steps, self.segment_steps), self.steps]
