"""Settings of a model: where its weights come from, and the architecture they must have."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError, model_validator

from distilbeto.errors import UserError
from distilbeto.models.families import FAMILIES, family_of
from distilbeto.settings import Block

Precision = Literal["auto", "fp32", "bf16", "fp16"]


def _known(model_type: str) -> str:
    try:
        return family_of(model_type).model_type
    except UserError as error:
        raise ValueError(str(error)) from None


class Architecture(Block):
    """Shape of a model, in the words of BertConfig; models/families says what others call the same."""

    model_type: Annotated[str, AfterValidator(_known)] = Field(json_schema_extra={"enum": list(FAMILIES)})
    hidden_size: int = Field(gt=0)
    num_hidden_layers: int = Field(gt=0)
    num_attention_heads: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    embedding_size: int | None = Field(None, gt=0, description="Of the factorised embedding: ALBERT, ELECTRA.")
    max_position_embeddings: int = Field(512, gt=0)
    dropout: float = Field(0.1, ge=0, lt=1, description="Of hidden states and attention.")

    @model_validator(mode="after")
    def _heads_divide_hidden(self) -> "Architecture":
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} is not divisible by num_attention_heads {self.num_attention_heads}"
            )
        if ("embedding_size" in family_of(self.model_type).extra_fields) != (self.embedding_size is not None):
            takers = [name for name, family in FAMILIES.items() if "embedding_size" in family.extra_fields]
            raise ValueError(f"embedding_size belongs to {' and '.join(takers)}, and only there")
        return self


class ModelSettings(Block):
    """A row of the tables. plan/completion.py fills in what a short row leaves out, but for the architecture."""

    name: str = Field(description="As it stands in the tables (LaTeX).")
    source: str | None = Field(
        None,
        description="Name of a source, or its location: a Hub repository (hub:owner/name@revision), a folder, or a "
        "TensorFlow checkpoint.",
    )
    student: str | None = Field(None, description="Name of a student that this workflow trains.")
    random_seed: int | None = Field(None, description="Random weights from this seed.")
    tokenizer: str = Field("", description="Name of a tokenizer. Left out: the source's own, as published.")
    architecture: Architecture | None = Field(
        None, description="Asserted of the weights that are loaded. Left out: what the config.json of the source says."
    )
    num_hidden_layers: int | None = Field(
        None,
        gt=0,
        description="The model is the first layers of its source, so many of them; of an ALBERT, so many passes. "
        "architecture is asserted of the whole source.",
    )
    measure: bool = Field(True, description="Fine-tune and score it on every task; false: only a literature row.")
    latency: bool = Field(True, description="Time it for Table 5.5.")
    latency_name: str | None = Field(None, description="Its name in Table 5.5, where it differs.")

    @model_validator(mode="after")
    def _one_origin(self) -> "ModelSettings":
        if sum(origin is not None for origin in (self.source, self.student, self.random_seed)) != 1:
            raise ValueError("give exactly one of source, student, random_seed")
        if self.random_seed is not None and not (self.tokenizer and self.architecture):
            raise ValueError("random weights need a tokenizer and an architecture")
        if self.num_hidden_layers is not None and self.source is None:
            raise ValueError("num_hidden_layers cuts a source; a student and random weights have an architecture")
        return self


def architecture_in(saved: Mapping[str, Any]) -> Architecture | None:
    """The shape in a config.json, without transformers; None where it leaves a part of it to their defaults.

    Raises:
        UserError: its model_type is not known.
    """
    if "model_type" not in saved:
        return None
    family = family_of(str(saved["model_type"]))
    shape = {ours: saved.get(theirs, saved.get(ours)) for ours, theirs in family.shape_fields().items()}
    try:
        return Architecture(model_type=family.model_type, **shape)
    except ValidationError:
        return None
