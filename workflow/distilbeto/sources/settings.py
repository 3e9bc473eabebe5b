"""Where data and weights come from."""

import os

from pydantic import Field, field_validator, model_validator

from distilbeto.errors import UserError
from distilbeto.settings import Block


class SourceSettings(Block):
    location: str = Field(
        description="https://..., hub:owner/name@revision, hub:datasets/owner/name@revision, miniature:name, or a "
        "local path; $NAME is the environment's."
    )
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="Of the downloaded file.")
    files: list[str] = Field(
        [],
        description="Paths wanted from an archive, a repository or a folder; empty: all. Compressed text (.gz, .bz2,"
        " .xz, .zst) is unpacked: name it with or without that suffix here, without it where a file is read. Of a data"
        " set on the Hub also patterns, such as es/train-*.parquet.",
    )
    missing: str | None = Field(
        None, description="Why it cannot be had: its cells in the tables are dashes with this reason."
    )

    @field_validator("location")
    @classmethod
    def _expand(cls, location: str) -> str:
        expanded = os.path.expandvars(location)
        if "$" in expanded:
            raise ValueError(f"{expanded} names an environment variable that is not set")
        _check_repository(expanded)
        return expanded

    @model_validator(mode="after")
    def _checksum_of_one_file(self) -> "SourceSettings":
        if self.sha256 and self.location.startswith("hub:"):
            raise ValueError(
                "sha256 belongs to one file; a Hub repository is pinned by a commit, hub:owner/name@commit"
            )
        return self


def _check_repository(location: str) -> None:
    from distilbeto.sources.hub import PREFIX, parse_location  # which knows these settings

    if location.startswith(PREFIX):
        try:
            parse_location(location)
        except UserError as error:
            raise ValueError(". ".join(map(str.strip, str(error).splitlines()))) from None
