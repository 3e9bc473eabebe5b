"""Settings of the corpus: which text, how it is cut into shards, which sequences are kept."""

import re
import unicodedata
from typing import Annotated

from pydantic import Field, model_validator

from distilbeto.settings import Block


class CorpusFile(Block):
    file: str = Field(description="Path inside the source; without the suffix of compressed text, which is unpacked.")
    name: str | None = Field(
        None,
        description="Short name in paths of results; null: the path without .txt, with _ for other than A-Z, a-z, 0-9.",
        pattern=r"^[A-Za-z0-9_]+$",
    )
    bytes: Annotated[int, Field(gt=0)] | None = Field(
        None,
        description="Size, exact or approximate: the number of shards follows from it. null: that of the local file, or"
        " that in the source's manifest.",
    )

    def short_name(self) -> str:
        return self.name or short_name_of(self.file)


def short_name_of(path: str) -> str:
    """The name of a file in paths of results: `old/Año 1.txt` is `old_Ano_1`."""
    letters = unicodedata.normalize("NFKD", path.removesuffix(".txt")).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_")


def problem_of_names(files: list[CorpusFile]) -> str | None:
    """What is wrong with the short names of `files`, if anything is."""
    by_name: dict[str, str] = {}
    for file in files:
        name = file.short_name()
        if not name:
            return f"no short name can be made of {file.file!r}"
        if name in by_name:
            return f"{by_name[name]} and {file.file} have the same short name {name!r}"
        by_name[name] = file.file
    return None


class SequenceRules(Block):
    """Which sequences of a corpus are kept (defaults: the run of the thesis)."""

    max_tokens: int = Field(
        512, ge=16, description="Longer sequences are cut into pieces, each with its own CLS and SEP."
    )
    min_tokens: int = Field(12, ge=3, description="Shorter sequences, CLS and SEP counted, are dropped.")
    max_unk_rate: float = Field(0.5, gt=0, le=1, description="Sequences with at least this share of UNK are dropped.")


class CorpusSettings(Block):
    source: str = Field(description="Name of the source that holds the files.")
    files: list[CorpusFile] = Field([], description="Empty: every file of the source but hidden ones.")
    shard_bytes: int = Field(268435456, description="Text bytes of a shard: one job each.", ge=1024)
    sequences: SequenceRules = SequenceRules()

    @model_validator(mode="after")
    def _names_differ(self) -> "CorpusSettings":
        if problem := problem_of_names(self.files):
            raise ValueError(f"{problem}: give each a name of its own")
        return self

    def shards_of(self, size: int) -> int:
        """How many shards a file of `size` bytes is cut into."""
        return max(1, -(-size // self.shard_bytes))
