"""Settings of the timing on the CPU (Table 5.5)."""

from typing import Literal

from pydantic import Field

from distilbeto.settings import Block


class TimingSettings(Block):
    """All that a time depends on but the model."""

    dataset: str = Field(description="Sentences as words: a data set of token classification.")
    sentences: int = Field(100, gt=0, description="The first of the data set.")
    runs: int = Field(5, gt=0, description="Passes over them, each timed.")
    warmup_sentences: int = Field(10, ge=0, description="Run before, on a clock of their own.")
    max_length: int = Field(128, ge=16, description="Tokens; longer sentences are cut.")
    labels: int = Field(9, gt=0, description="Of the head: the tags of NER.")
    threads: int = Field(1, gt=0, description="Of the CPU; the process is pinned to as many of its cores.")


class LatencySettings(TimingSettings):
    onnx: Literal["all"] | list[str] = Field(
        "all", description="Which of the timed models also as ONNX and as int8: size, time, score on the data set."
    )
