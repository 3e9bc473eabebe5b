"""Settings of the corpus: which text, how it is cut into shards, which sequences are kept."""

from typing import Annotated

from pydantic import Field

from distilbeto.settings import Block


class CorpusFile(Block):
    name: str = Field(description="Short name of the file in paths of results.", pattern=r"^[A-Za-z0-9_]+$")
    file: str = Field(description="Path inside the source.")
    bytes: Annotated[int, Field(gt=0)] = Field(
        description="Size, exact or approximate: the number of shards follows from it."
    )


class SequenceRules(Block):
    """Which sequences of a corpus are kept (defaults: the run of the thesis)."""

    max_tokens: int = Field(
        512, ge=16, description="Longer sequences are cut into pieces, each with its own CLS and SEP."
    )
    min_tokens: int = Field(12, ge=3, description="Shorter sequences, CLS and SEP counted, are dropped.")
    max_unknown_share: float = Field(
        0.5, gt=0, le=1, description="Sequences with at least this share of UNK are dropped."
    )


class CorpusSettings(Block):
    source: str = Field(description="Name of the source that holds the files.")
    files: list[CorpusFile] = Field(min_length=1)
    shard_bytes: int = Field(description="Text bytes of a shard: one job each.", ge=1024)
    sequences: SequenceRules = SequenceRules()

    def shards_of(self, file: CorpusFile) -> int:
        """How many shards `file` is cut into."""
        return max(1, -(-file.bytes // self.shard_bytes))
