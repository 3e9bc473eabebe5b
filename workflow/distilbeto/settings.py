"""The base of every block of settings: closed, typed, immutable."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of config.yaml. Refuses unknown keys and numbers written as strings; cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
